package testpg

import (
	"io"
	"os/exec"
	"sync"
)

// watchdog is a shell that runs a server, or minds one, for as long as we hold
// its standard input open. The pipe is closed by stop, and by the kernel when
// this process ends in whatever way, so nothing stays behind.
type watchdog struct {
	stdin io.Closer
	done  chan struct{}
	once  sync.Once
}

// watch starts a watchdog. The script has to end at the end of its input.
func watch(prepare func(*exec.Cmd), script string, args ...string) (*watchdog, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, "testpg"}, args...)...)
	// Output stays nil: a child that holds the output of go test keeps it waiting.
	detach(cmd)
	if prepare != nil {
		prepare(cmd)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w := &watchdog{stdin: stdin, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		_ = cmd.Wait() // its exit says nothing that we act on
	}()
	return w, nil
}

// stop ends the watchdog and what it minds, and waits for both.
func (w *watchdog) stop() {
	w.once.Do(func() { _ = w.stdin.Close() })
	<-w.done
}
