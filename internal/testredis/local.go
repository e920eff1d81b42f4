package testredis

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// startInstalled installs Redis where that takes no questions, and starts a server
// from it. The server that the package brings is left alone.
func startInstalled(ctx context.Context) (*Server, error) {
	// Without a network there may still be docker.
	if err := testserver.Install(ctx, "redis-server"); err != nil {
		return nil, err
	}
	return startLocal(ctx)
}

// startLocal starts a server from the binary on this machine.
func startLocal(ctx context.Context) (*Server, error) {
	bin, err := findBinary()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, bin)
	if err != nil {
		return nil, err
	}
	return &Server{URL: p.url(), Socket: p.socket(), watchdog: p.watchdog}, nil
}

func findBinary() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		if path := "/usr/bin/" + name; testserver.Executable(path) {
			return path, nil
		}
	}
	return "", testserver.ErrAbsent
}

// installed is the binary for New, installed where it has to be.
var installed = sync.OnceValues(func() (string, error) {
	bin, err := findBinary()
	if err == nil {
		return bin, nil
	}
	if err = testserver.Install(context.Background(), "redis-server"); err == nil {
		bin, err = findBinary()
	}
	if err != nil {
		return "", errors.New("no Redis of this test's own: install redis-server")
	}
	return bin, nil
})

// process is a server that runs on this machine.
type process struct {
	bin, dir string
	port     int
	settings []string

	pid      int
	watchdog *testserver.Watchdog
}

func (p *process) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }
func (p *process) url() string     { return "redis://" + p.address() + "/0" }
func (p *process) socket() string  { return filepath.Join(p.dir, "redis.sock") }

// start starts a server in a directory of its own. Each setting is a name and its
// value.
func start(ctx context.Context, bin string, settings ...string) (*process, error) {
	var failure error
	// Another process can take the free port before the server does.
	for range 3 {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		dir, err := os.MkdirTemp("", "testredis-")
		if err != nil {
			return nil, err
		}
		p := &process{bin: bin, dir: dir, port: port, settings: settings}
		if err = p.run(ctx); err == nil {
			return p, nil
		}
		failure = errors.Join(failure, err)
	}
	return nil, failure
}

// freePort returns a free port that is low enough for the port of a cluster's bus,
// which is 10,000 above.
func freePort(ctx context.Context) (int, error) {
	for {
		port, err := testserver.FreePort(ctx)
		if err != nil || port <= 55535 {
			return port, err
		}
	}
}

// run runs the server in its directory, which it makes where it is gone.
func (p *process) run(ctx context.Context) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	command := []string{
		p.bin, "--bind", "127.0.0.1", "--port", strconv.Itoa(p.port),
		"--unixsocket", p.socket(), "--dir", p.dir,
		"--daemonize", "no", "--save", "", "--appendonly", "no",
		"--repl-diskless-sync-delay", "0",
	}
	for i := 0; i < len(p.settings); i += 2 {
		command = append(command, "--"+p.settings[i], p.settings[i+1])
	}
	// There is nothing to save, and a suspended process heeds no other signal.
	w, err := testserver.Run(nil, p.dir, "KILL", command...)
	if err != nil {
		return err
	}
	p.watchdog = w
	if p.pid, err = waitReady(ctx, p.address(), w.Done()); err != nil {
		w.Stop()
	}
	return err
}
