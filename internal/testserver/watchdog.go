package testserver

import (
	"io"
	"os/exec"
	"sync"
)

// Watchdog is a shell that runs a server, or minds one, for as long as we hold
// its standard input open. The pipe is closed by Stop, and by the kernel when
// this process ends in whatever way, so nothing stays behind.
type Watchdog struct {
	stdin io.Closer
	done  chan struct{}
	once  sync.Once
}

// serverScript runs a server until the end of input, when it sends the signal, or
// until the server ends by itself, and removes its directory. The input moves to
// descriptor 3 since a shell gives what it runs in the background none.
const serverScript = `
dir=$1 signal=$2
shift 2
exec 3<&0 </dev/null
"$@" >"$dir/log" 2>&1 3<&- &
server=$!
(while read -r _; do :; done; kill -$signal $server) <&3 2>/dev/null &
minder=$!
wait $server
kill $minder 2>/dev/null
rm -rf "$dir"
`

// Run runs a server whose directory is dir, until Stop or until this process ends.
// It is stopped by the signal, such as "TERM", and then the directory is removed.
// prepare may change the command, for its user say, and may be nil.
func Run(prepare func(*exec.Cmd), dir, signal string, command ...string) (*Watchdog, error) {
	return watch(prepare, serverScript, append([]string{dir, signal}, command...)...)
}

// watch starts a watchdog. The script has to end at the end of its input.
func watch(prepare func(*exec.Cmd), script string, args ...string) (*Watchdog, error) {
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, "testserver"}, args...)...)
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
	w := &Watchdog{stdin: stdin, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		_ = cmd.Wait() // its exit says nothing that we act on
	}()
	return w, nil
}

// Done returns a channel that is closed when the server has ended and its directory
// is gone.
func (w *Watchdog) Done() <-chan struct{} { return w.done }

// Stop ends the watchdog and what it minds, and waits for both. It may be called
// more than once. A nil Watchdog, of a server that somebody else started, has nothing to
// stop.
func (w *Watchdog) Stop() {
	if w == nil {
		return
	}
	w.once.Do(func() { _ = w.stdin.Close() })
	<-w.done
}
