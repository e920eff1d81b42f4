package output

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns what Write would change as a unified diff, by file name; empty
// if nothing. Missing files are compared with /dev/null, and so are stale ones.
// The paths are below a/ and b/, so that patch -p1 applies it.
func Diff(dir string, files map[string][]byte) (string, error) {
	p, err := compare(dir, files)
	if err != nil {
		return "", err
	}
	names := slices.Concat(p.write, p.stale)
	slices.Sort(names)
	var out strings.Builder
	for _, name := range names {
		path := filepath.ToSlash(filepath.Join(dir, name))
		from, to := "a/"+path, "b/"+path
		old, exists := p.old[name]
		text, wanted := files[name]
		if !exists {
			from = "/dev/null"
		}
		if !wanted {
			to = "/dev/null"
		}
		out.Write(diff.Diff(from, old, to, text))
	}
	return out.String(), nil
}
