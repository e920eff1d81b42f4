package testpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// installTimeout bounds apt-get, which downloads.
const installTimeout = 10 * time.Minute

// startInstalled installs PostgreSQL where that takes no questions, and starts a
// server from it. The cluster that the package brings is left alone.
func startInstalled(ctx context.Context) (*Server, error) {
	// Without a network there may still be docker.
	if err := install(ctx, "postgresql"); err != nil {
		return nil, err
	}
	return startLocal(ctx)
}

// install installs a Debian package. Where that is not possible, or fails, the
// error is errAbsent.
func install(ctx context.Context, name string) error {
	if os.Geteuid() != 0 {
		return errAbsent
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errAbsent
	}
	// Packages are tested at the same time. While one of them updates the lists, apt-get
	// gives up on another at once, and without lists there is nothing to install.
	unlock, err := lockFile(filepath.Join(os.TempDir(), "tenancygen-apt.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	for _, args := range [][]string{
		{"update", "-q"},
		{"install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", name},
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.WaitDelay = time.Second
		if err := cmd.Run(); err != nil && args[0] == "install" {
			return fmt.Errorf("apt-get install %s: %w", name, errAbsent)
		}
	}
	return nil
}
