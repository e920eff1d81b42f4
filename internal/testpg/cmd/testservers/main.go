// Command testservers runs a command with the database servers that the tests of
// this project need, so that all test binaries share one server:
//
//	go run ./internal/testpg/cmd/testservers -- go test ./...
//
// It starts PostgreSQL as package testpg does, sets TENANCY_TEST_POSTGRES_URL
// for the command, passes on signals, stops the server, and exits with the exit
// code of the command (go run itself turns any code but 0 into 1). Without a
// server the command runs all the same, and tests are skipped, unless
// TENANCY_REQUIRE_SERVERS=1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/tenancygen/tenancygen/internal/testpg"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(stderr, "usage: testservers [--] command [argument ...]")
		return 2
	}
	// Caught from here on, so that the server is stopped whatever happens. The
	// watchdog would stop it too, but not before we have exited.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	server, err := testpg.Start(context.Background())
	env := os.Environ()
	switch {
	case err == nil:
		defer server.Close()
		env = append(env, testpg.EnvURL+"="+server.URL)
	case testpg.Required():
		fmt.Fprintln(stderr, "testservers:", err)
		return 1
	default:
		fmt.Fprintln(stderr, "testservers:", err)
	}

	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(stderr, "testservers:", err)
		return 127
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have ended in this moment
		case err := <-done:
			return exitCode(err)
		}
	}
}

// exitCode is what a shell would say of a command that ended with err.
func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		return 1
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
