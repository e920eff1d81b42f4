// Command testservers runs a command with the servers that the tests of this
// project need, so that all test binaries share them:
//
//	go run ./internal/testserver/cmd/testservers -- go test ./...
//	go run ./internal/testserver/cmd/testservers -postgres 15,16,17,18 -- go test ./...
//
// It starts PostgreSQL as package testpg does, Redis as package testredis does, and
// MariaDB as package testmysql does, sets TENANCY_TEST_POSTGRES_URL,
// TENANCY_TEST_REDIS_URL and TENANCY_TEST_MYSQL_URL for the command, passes on signals,
// stops the servers, and exits with the exit code of the command (go run itself turns
// any code but 0 into 1). Without a server the command runs all the same, and tests are
// skipped, unless TENANCY_REQUIRE_SERVERS=1.
//
// With -postgres the command runs once for each of these major versions, whose
// binaries are fetched, and a version that cannot be had is a failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/internal/testserver"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

const usage = "usage: testservers [-postgres version,...] [--] command [argument ...]"

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("testservers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprintln(stderr, usage) }
	versions := flags.String("postgres", "", "")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	command := flags.Args()
	if len(command) == 0 {
		flags.Usage()
		return 2
	}
	// Caught from here on, so that the servers are stopped whatever happens. The
	// watchdog would stop it too, but not before we have exited.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	env := os.Environ()
	redis, err := testredis.Start(context.Background())
	if err != nil {
		fmt.Fprintln(stderr, "testservers:", err)
		if testserver.Required() {
			return 1
		}
	} else {
		defer redis.Close()
		env = append(env, testredis.EnvURL+"="+redis.URL)
	}
	mariadb, err := testmysql.Start(context.Background())
	if err != nil {
		fmt.Fprintln(stderr, "testservers:", err)
		if testserver.Required() {
			return 1
		}
	} else {
		defer mariadb.Close()
		env = append(env, testmysql.EnvURL+"="+mariadb.URL)
	}
	if *versions == "" {
		return runWithServer(command, env, signals, stdout, stderr)
	}
	return runWithVersions(command, env, strings.Split(*versions, ","), signals, stdout, stderr)
}

// runWithServer runs the command with the PostgreSQL that package testpg finds.
func runWithServer(command, env []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	server, err := testpg.Start(context.Background())
	if err != nil {
		fmt.Fprintln(stderr, "testservers:", err)
		if testserver.Required() {
			return 1
		}
		return execute(command, env, signals, stdout, stderr)
	}
	defer server.Close()
	return execute(command, append(env, testpg.EnvURL+"="+server.URL), signals, stdout, stderr)
}

// runWithVersions runs the command with a PostgreSQL of each version. It goes on
// after a failure of the command, so that one run shows all.
func runWithVersions(command, env, versions []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	env = append(env, testserver.EnvRequire+"=1")
	result := 0
	for _, version := range versions {
		server, err := testpg.StartRelease(context.Background(), version)
		if err != nil {
			fmt.Fprintln(stderr, "testservers:", err)
			return 1
		}
		begin := time.Now()
		fmt.Fprintf(stdout, "== PostgreSQL %s\n", version)
		code := execute(command, append(env, testpg.EnvURL+"="+server.URL), signals, stdout, stderr)
		server.Close()
		fmt.Fprintf(stdout, "== PostgreSQL %s: exit code %d, %.0f s\n", version, code, time.Since(begin).Seconds())
		if code >= 128 { // stopped by a signal
			return code
		}
		result = max(result, code)
	}
	return result
}

// execute runs the command and passes signals on to it.
func execute(command, env []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	cmd := exec.Command(command[0], command[1:]...)
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
