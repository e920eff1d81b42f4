package project

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// files are where a project's files are: on disk, or in an fs.FS.
type files interface {
	// Join leads from a directory to what a path in it means.
	Join(dir, path string) string
	Stat(name string) (fs.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	Glob(pattern string) ([]string, error)
}

// disk is the file system of the machine.
type disk struct{}

func (disk) Join(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (disk) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (disk) ReadFile(name string) ([]byte, error)       { return os.ReadFile(name) }
func (disk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (disk) Glob(pattern string) ([]string, error)      { return filepath.Glob(pattern) }

// within are the files of an fs.FS, whose names have slashes and no way out of it.
type within struct{ fs.FS }

func (within) Join(dir, name string) string {
	if name = filepath.ToSlash(name); path.IsAbs(name) {
		return name // which no file of the FS has
	}
	return path.Join(filepath.ToSlash(dir), name)
}

func (w within) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(w.FS, name) }
func (w within) ReadFile(name string) ([]byte, error)       { return fs.ReadFile(w.FS, name) }
func (w within) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(w.FS, name) }
func (w within) Glob(pattern string) ([]string, error)      { return fs.Glob(w.FS, pattern) }

// Within reads the configuration at a path of an fs.FS, such as files that are
// embedded in an application, and the schema that it names, as Schema does. What it
// cannot use is in the report; the configuration is nil if that cannot be used.
func Within(fsys fs.FS, name string, r *diag.Report) (*config.Config, []*source.File) {
	from := within{fsys}
	open := func(name string) (*source.File, error) {
		text, err := from.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return source.NewFile(name, string(text)), nil
	}
	file, err := open(name)
	if err != nil {
		r.Errorf(diag.FileMissing, source.Span{}, "%s cannot be read: %v", name, cause(err)).
			WithHelp("give the path of the configuration in the file system, such as %s", config.DefaultPath)
		return nil, nil
	}
	c := config.Parse(file, func(other string) (*source.File, error) { return open(from.Join(path.Dir(name), other)) }, r)
	if c == nil {
		return nil, nil
	}
	return c, schema(from, c, r)
}
