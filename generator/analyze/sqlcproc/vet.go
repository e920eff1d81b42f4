package sqlcproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// ownRule matches what sqlc says of a query that is exempt from a rule of ours.
var ownRule = regexp.MustCompile(`: rule-check error: rule "tenancy/[^"]*" does not exist in the config file$`)

// Vet runs sqlc's vet over the user's own project, as the user would: with its
// configuration, its environment and its database. It returns the lines that sqlc said;
// none when all is well. The command is as for New.
func Vet(ctx context.Context, command []string, file string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, childTimeout)
	defer cancel()
	args := append(slices.Clone(command[1:]), "vet", "--file", file)
	cmd := exec.CommandContext(ctx, command[0], args...)
	cmd.WaitDelay = killDelay
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("sqlc vet: %w", context.Cause(ctx))
	case err == nil:
		return nil, nil
	case !errors.As(err, &exit) || exit.ExitCode() != 1 || stderr.Len() == 0:
		return nil, fmt.Errorf("sqlc vet: %w%s", err, tail(stderr.String()))
	}
	var said []string
	for line := range strings.Lines(stderr.String()) {
		line = strings.TrimRight(line, "\r\n")
		if len(said) > 0 && line != strings.TrimLeft(line, " \t") { // the rest of the message before it
			said[len(said)-1] += " " + strings.TrimSpace(line)
			continue
		}
		if line != "" && !strings.HasPrefix(line, "# package") && !ownRule.MatchString(line) {
			said = append(said, line)
		}
	}
	return said, nil
}
