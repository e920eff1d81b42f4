//go:build !unix

package testserver

import "os/exec"

func detach(*exec.Cmd) {}

// ServerUser answers that a server is not started on this system.
func ServerUser() (command func(*exec.Cmd), own func(dir string) error, err error) {
	return nil, nil, ErrAbsent
}

// lockFile does nothing: there is no apt-get here.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }

// Kill, Suspend and Resume do nothing: no server runs here.
func Kill(int) error    { return ErrAbsent }
func Suspend(int) error { return ErrAbsent }
func Resume(int) error  { return ErrAbsent }
