package testpg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// startInstalled installs PostgreSQL where that takes no questions, and starts a
// server from it. The cluster that the package brings is left alone.
func startInstalled(ctx context.Context) (*Server, error) {
	// Without a network there may still be docker.
	if err := testserver.Install(ctx, "postgresql"); err != nil {
		return nil, err
	}
	return startLocal(ctx)
}

// startLocal starts a server from the binaries on this machine.
func startLocal(ctx context.Context) (*Server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	return start(ctx, func(string, func(*exec.Cmd)) (string, error) { return bin, nil })
}

// start starts a server in a directory of its own. binaries returns where postgres
// and initdb are; it may put them into that directory, as the server's user.
func start(ctx context.Context, binaries func(dir string, asServer func(*exec.Cmd)) (string, error)) (*Server, error) {
	var failure error
	// Another process can take the free port before the server does.
	for range 3 {
		s, err := startOnce(ctx, binaries)
		if err == nil {
			return s, nil
		}
		failure = errors.Join(failure, err)
	}
	return nil, failure
}

// findBinaries returns the directory that holds both postgres and initdb.
func findBinaries() (string, error) {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		// Debian links initdb into PATH alone.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is valid
	slices.SortFunc(versions, func(a, b string) int { return version(b) - version(a) })
	for _, dir := range append(dirs, versions...) {
		if testserver.Executable(filepath.Join(dir, "postgres")) && testserver.Executable(filepath.Join(dir, "initdb")) {
			return dir, nil
		}
	}
	return "", testserver.ErrAbsent
}

// version reads the number out of /usr/lib/postgresql/15/bin.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // anything else sorts last
	return n
}

func startOnce(ctx context.Context, binaries func(dir string, asServer func(*exec.Cmd)) (string, error)) (_ *Server, err error) {
	asServer, own, err := testserver.ServerUser()
	if err != nil {
		return nil, err
	}
	dir, err := testserver.MakeDir("testpg-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	if err := own(dir); err != nil {
		return nil, err
	}
	bin, err := binaries(dir, asServer)
	if err != nil {
		return nil, err
	}
	if err := initData(ctx, bin, filepath.Join(dir, "data"), asServer); err != nil {
		return nil, err
	}
	port, err := testserver.FreePort(ctx)
	if err != nil {
		return nil, err
	}

	args := []string{filepath.Join(bin, "postgres"), "-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port)}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		// The server's user alone may enter the directory. It must be short, see socketDir.
		"unix_socket_directories=" + socketDir(dir),
		"max_wal_size=256MB",  // the directory may be in memory
		"max_connections=300", // one server for all packages
		"shared_buffers=64MB",
		// The data is thrown away, so nothing has to survive a crash.
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
	} {
		args = append(args, "-c", setting)
	}
	// SIGINT is a fast shutdown: it ends open connections.
	w, err := testserver.Run(asServer, dir, "INT", args...)
	if err != nil {
		return nil, err
	}
	dsn := "postgres://postgres@" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/postgres?sslmode=disable"
	if err := waitReady(ctx, dsn, w.Done()); err != nil {
		w.Stop()
		return nil, err
	}
	return &Server{URL: dsn, watchdog: w}, nil
}

// socketDir returns the directory for the server's unix socket, which benchmarks
// use; none where the path of a socket in it would be longer than systems allow.
func socketDir(dir string) string {
	const longest = 103 // on macOS; Linux has 107
	if len(filepath.Join(dir, ".s.PGSQL.65535")) > longest {
		return ""
	}
	return dir
}

// initData makes a cluster that lets everyone in, which is why the server only
// listens on 127.0.0.1 and in a directory of its own.
func initData(ctx context.Context, bin, data string, asServer func(*exec.Cmd)) error {
	ctx, cancel := context.WithTimeout(ctx, testserver.StartTimeout)
	defer cancel()
	var failure error
	// Not every system has C.UTF-8; every system has C.
	for _, locale := range []string{"C.UTF-8", "C"} {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres",
			"-A", "trust", "-E", "UTF8", "--locale="+locale, "--no-sync")
		cmd.Dir = filepath.Dir(data) // the server's user may not enter ours
		cmd.WaitDelay = time.Second
		asServer(cmd)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		failure = fmt.Errorf("testpg: initdb: %w: %s", err, out)
	}
	return failure
}
