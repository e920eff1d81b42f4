package testpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// installTimeout bounds apt-get, which downloads.
const installTimeout = 10 * time.Minute

// startInstalled installs PostgreSQL where that takes no questions, and starts a
// server from it. The cluster that the package brings is left alone.
func startInstalled(ctx context.Context) (*Server, error) {
	if os.Geteuid() != 0 {
		return nil, errAbsent
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil, errAbsent
	}
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	for _, args := range [][]string{
		{"update", "-q"},
		// Packages are tested at the same time, and one of them installs.
		{"install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "postgresql"},
	} {
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		cmd.WaitDelay = time.Second
		if err := cmd.Run(); err != nil && args[0] == "install" {
			// Without a network there may still be docker.
			return nil, fmt.Errorf("apt-get install postgresql: %w", errAbsent)
		}
	}
	return startLocal(ctx)
}
