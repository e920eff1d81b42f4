package testserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// EnvRequire, when it is 1, turns a skip for want of a server into a failure.
const EnvRequire = "TENANCY_REQUIRE_SERVERS"

// StartTimeout bounds the start of a server, without its installation.
const StartTimeout = 90 * time.Second

// ErrAbsent is what a source of servers returns that is not on this machine, so
// that the next one is tried.
var ErrAbsent = errors.New("not available")

// Required reports whether a missing server is a failure.
func Required() bool { return os.Getenv(EnvRequire) == "1" }

// Missing skips t for want of a server, or fails it when servers are required.
func Missing(t testing.TB, err error) {
	t.Helper()
	if Required() {
		t.Fatal(err)
	}
	t.Skip(err)
}

// ended are the functions that Main calls when the tests have run.
var ended struct {
	mu    sync.Mutex
	stops []func()
}

// AtEnd has Main call stop when the tests have run.
func AtEnd(stop func()) {
	ended.mu.Lock()
	defer ended.mu.Unlock()
	ended.stops = append(ended.stops, stop)
}

// Main runs the tests, stops the servers that were started for all of them, and
// exits. The checks run after that; an error of theirs fails the run.
func Main(m *testing.M, checks ...func() error) {
	code := m.Run()
	ended.mu.Lock()
	stops := ended.stops
	ended.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
	for _, check := range checks {
		if err := check(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// WaitReady asks until ready returns nil. It gives up when dead is closed, or after
// a while, and says what ready said last.
func WaitReady(ctx context.Context, dead <-chan struct{}, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, StartTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-dead:
			return fmt.Errorf("the server ended while it started: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the server did not start: %w", err)
		}
	}
}

// UniqueName returns an identifier that needs no quotes in SQL. It is random since
// several test binaries may share a server.
func UniqueName(prefix string) string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + "_" + hex.EncodeToString(b[:])
}

// FreePort returns a port of 127.0.0.1 that nobody listens on at this moment.
// Another process can take it before a server does, so try again then.
func FreePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Executable reports whether path is a file that can be run.
func Executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
