//go:build unix

package testserver

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// detach puts cmd in a process group of its own, so that an interrupt from the
// terminal reaches us alone and we stop the server in order.
func detach(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// ServerUser returns what makes a command, and the owner of a directory, the one
// that the server runs as. PostgreSQL refuses to run as root, so root runs it as
// user postgres, or nobody.
func ServerUser() (command func(*exec.Cmd), own func(dir string) error, err error) {
	if os.Geteuid() != 0 {
		return func(*exec.Cmd) {}, func(string) error { return nil }, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, nil, err
	}
	command = func(cmd *exec.Cmd) {
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return command, func(dir string) error { return os.Chown(dir, uid, gid) }, nil
}

// lockFile waits until it has a file for itself, among all processes.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// Kill, Suspend and Resume send a process SIGKILL, SIGSTOP and SIGCONT.
func Kill(pid int) error    { return syscall.Kill(pid, syscall.SIGKILL) }
func Suspend(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }
func Resume(pid int) error  { return syscall.Kill(pid, syscall.SIGCONT) }
