package sqlcproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// childTimeout bounds a run of sqlc. The largest projects take seconds; without
// cgo, sqlc's parser is some forty times slower.
const childTimeout = 10 * time.Minute

// killDelay is how long a cancelled child may take to end.
const killDelay = 5 * time.Second

// run runs sqlc over the project in dir. When sqlc refuses the project, run
// returns what it said; an error means that it did not run properly.
func run(ctx context.Context, command []string, dir string, db database) (failure string, err error) {
	ctx, cancel := context.WithTimeout(ctx, childTimeout)
	defer cancel()

	args := append(slices.Clone(command[1:]), "generate", "--no-remote", "--file", "sqlc.yaml")
	cmd := exec.CommandContext(ctx, command[0], args...)
	cmd.Dir = dir
	// Nothing of the user's environment but for a database: no home, no tokens, no
	// debug switches.
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "TMP=" + dir, "SQLCCACHE=" + dir, "SQLCTMPDIR=" + dir}
	cmd.Env = append(cmd.Env, db.environment()...)
	cmd.WaitDelay = killDelay
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr

	err = cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("sqlc analysis: %w", context.Cause(ctx))
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && stderr.Len() > 0:
		return strings.ReplaceAll(stderr.String(), "\r\n", "\n"), nil
	default:
		return "", fmt.Errorf("sqlc analysis: %w%s", err, tail(stderr.String()))
	}
}

// tail returns the end of a text for an error message, on a line of its own.
func tail(text string) string {
	const longest = 2000
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if len(text) > longest {
		text = "…" + text[len(text)-longest:]
	}
	return "\n" + text
}
