package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// DefaultPath is the name of the configuration file.
const DefaultPath = "tenancy.yaml"

// Read reads the configuration at path, and the sqlc.yaml that it points at. It
// returns nil, and errors in the report, if the configuration cannot be used.
func Read(path string, r *diag.Report) *Config {
	path = filepath.Clean(path)
	file, err := readFile(path)
	if err != nil {
		r.Errorf(diag.FileMissing, source.Span{}, "%v", err).
			WithHelp("run `tenancygen init` to write a %s, or name the file with -f", DefaultPath)
		return nil
	}
	return Parse(file, Opener(filepath.Dir(path)), r)
}

// Opener opens files of the file system by paths relative to a directory.
func Opener(dir string) Open {
	return func(path string) (*source.File, error) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return readFile(path)
	}
}

// readFile reads one configuration file. The error is one for the user.
func readFile(path string) (*source.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist", path)
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory, not a file", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, errors.Unwrap(err))
	}
	return source.NewFile(filepath.ToSlash(path), string(text)), nil
}
