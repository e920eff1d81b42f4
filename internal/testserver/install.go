package testserver

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

// Install installs a Debian package, as root on Debian and its kin. Where that is
// not possible, the error is ErrAbsent; where it fails, it wraps ErrAbsent. What the
// package starts by itself is left alone.
func Install(ctx context.Context, name string) error {
	if os.Geteuid() != 0 {
		return ErrAbsent
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return ErrAbsent
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
			return fmt.Errorf("apt-get install %s: %w", name, ErrAbsent)
		}
	}
	return nil
}
