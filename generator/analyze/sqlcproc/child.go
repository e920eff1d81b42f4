package sqlcproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// childTimeout bounds a run of sqlc. The largest projects take seconds; without
// cgo, sqlc's parser is some forty times slower.
const childTimeout = 10 * time.Minute

// GCPercent is GOGC for the child, and for a program that runs as short: both end
// before most of their garbage is worth collecting.
const GCPercent = 400

// killDelay is how long a cancelled child may take to end.
const killDelay = 5 * time.Second

// child is a running sqlc.
type child struct {
	ctx    context.Context
	cancel context.CancelFunc
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

// start starts sqlc over the project in dir. stdin may be nil.
func start(ctx context.Context, command []string, dir string, db database, stdin *os.File) (*child, error) {
	c := &child{}
	c.ctx, c.cancel = context.WithTimeout(ctx, childTimeout)
	args := append(slices.Clone(command[1:]), "generate", "--no-remote", "--file", "sqlc.yaml")
	c.cmd = exec.CommandContext(c.ctx, command[0], args...)
	c.cmd.Dir = dir
	// Nothing of the user's environment but for a database: no home, no tokens, no
	// debug switches.
	c.cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "TMP=" + dir, "SQLCCACHE=" + dir, "SQLCTMPDIR=" + dir,
		"GOGC=" + strconv.Itoa(GCPercent)}
	c.cmd.Env = append(c.cmd.Env, db.environment()...)
	c.cmd.WaitDelay = killDelay
	c.cmd.Stderr = &c.stderr
	if stdin != nil {
		c.cmd.Stdin = stdin
	}
	if err := c.cmd.Start(); err != nil {
		defer c.cancel()
		if c.ctx.Err() != nil {
			err = context.Cause(c.ctx)
		}
		return nil, fmt.Errorf("sqlc analysis: %w", err)
	}
	return c, nil
}

// wait waits for the end of the child. When sqlc refused the project, it returns
// what sqlc said; an error means that it did not run properly.
func (c *child) wait() (failure string, err error) {
	defer c.cancel()
	err = c.cmd.Wait()
	if c.ctx.Err() != nil {
		return "", fmt.Errorf("sqlc analysis: %w", context.Cause(c.ctx))
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &exit) && exit.ExitCode() == 1 && c.stderr.Len() > 0:
		return strings.ReplaceAll(c.stderr.String(), "\r\n", "\n"), nil
	default:
		return "", fmt.Errorf("sqlc analysis: %w%s", err, tail(c.stderr.String()))
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
