package testmysql

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// startInstalled installs the server where that takes no questions, and starts it.
func startInstalled(ctx context.Context, settings ...string) (*Server, error) {
	// Without a network there may still be docker.
	if err := testserver.Install(ctx, "mariadb-server-core"); err != nil {
		return nil, err
	}
	return startLocal(ctx, settings...)
}

// startLocal starts a server from the binary on this machine, in a directory of its
// own.
func startLocal(ctx context.Context, settings ...string) (_ *Server, err error) {
	bin, tables, err := findBinary()
	if err != nil {
		return nil, err
	}
	asServer, own, err := testserver.ServerUser()
	if err != nil {
		return nil, err
	}
	dir, err := makeDir()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	for _, owned := range []string{dir, data} {
		if err := own(owned); err != nil {
			return nil, err
		}
	}
	socket := filepath.Join(dir, "mysql.sock")
	args := append([]string{
		"--no-defaults", // nor what a package of the system has configured
		"--datadir=" + data, "--tmpdir=" + dir,
		"--socket=" + socket, "--skip-networking", "--pid-file=" + filepath.Join(dir, "pid"),
		"--max-connections=500", // one server for all packages
		"--skip-log-bin", "--performance-schema=off", "--innodb-use-native-aio=0",
		"--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M",
		// The data is thrown away, so nothing has to survive a crash.
		"--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
	}, settings...)
	if err := initData(ctx, bin, tables, args, asServer); err != nil {
		return nil, err
	}
	w, err := testserver.Run(asServer, dir, "KILL", append([]string{bin}, args...)...)
	if err != nil {
		return nil, err
	}
	return ready(ctx, "unix", socket, w)
}

// makeDir makes the server's directory, in a place where the path of a socket in it is
// not longer than systems allow.
func makeDir() (string, error) {
	const longest = 103 // on macOS; Linux has 107
	dir, err := testserver.MakeDir("testmysql-")
	if err == nil && len(filepath.Join(dir, "mysql.sock")) > longest {
		_ = os.Remove(dir)
		dir, err = os.MkdirTemp("/tmp", "testmysql-")
	}
	return dir, err
}

// findBinary returns the server, and the SQL files that make its system tables, in
// order. The script mariadb-install-db does the same with them, but needs programs of
// packages that start a server.
func findBinary() (bin string, tables []string, err error) {
	bin, err = exec.LookPath("mariadbd")
	if err != nil {
		if bin = "/usr/sbin/mariadbd"; !testserver.Executable(bin) {
			return "", nil, testserver.ErrAbsent
		}
	}
	if bin, err = filepath.EvalSymlinks(bin); err != nil {
		return "", nil, err
	}
	share := filepath.Join(filepath.Dir(filepath.Dir(bin)), "share")
	for _, name := range []string{"system_tables", "performance_tables", "system_tables_data"} {
		// From version 11 on they begin with mariadb.
		found, _ := filepath.Glob(filepath.Join(share, "m*", "m*_"+name+".sql")) // the pattern is valid
		if len(found) == 0 {
			return "", nil, testserver.ErrAbsent
		}
		tables = append(tables, found[0])
	}
	return bin, tables, nil
}

// initData makes the system tables, with a root that needs no password, which is why
// the server listens on a socket in a directory of its own alone.
func initData(ctx context.Context, bin string, tables, args []string, asServer func(*exec.Cmd)) error {
	// Each statement has its own line.
	script := bytes.NewBufferString("create database mysql;\nuse mysql;\nSET @auth_root_socket=NULL;\n")
	for _, path := range tables {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		script.Write(text)
	}
	ctx, cancel := context.WithTimeout(ctx, testserver.StartTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append(args, "--bootstrap")...)
	cmd.Dir = "/" // the server's user may not enter ours
	cmd.Stdin = script
	cmd.WaitDelay = time.Second
	asServer(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("testmysql: make the system tables: %w: %s", err, out)
	}
	return nil
}
