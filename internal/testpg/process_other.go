//go:build !unix

package testpg

import "os/exec"

func detach(*exec.Cmd) {}

// serverUser answers that a server is not started on this system.
func serverUser() (command func(*exec.Cmd), own func(dir string) error, err error) {
	return nil, nil, errAbsent
}

// lockFile does nothing: there is no apt-get here.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }
