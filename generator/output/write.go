package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Write makes a directory hold exactly the given generated files, by their
// name, and leaves all other files in it alone. It creates the directory. On an
// error, which is an *Error, everything is as it was.
func Write(dir string, files map[string][]byte) (Result, error) {
	return (&writer{dir: dir, rename: os.Rename}).write(files)
}

// writer writes one set of files. First it writes all new texts to temporary
// files beside their places, which is where most failures happen, then it moves
// them. Every file that it replaces or removes is kept under another name until
// the end, so that it can go back.
type writer struct {
	dir    string
	rename func(from, to string) error // os.Rename; tests let it fail

	made    []string // directories that were created, outermost first
	temps   []string // files to remove at the end
	changes []change // what was done, in order
}

// change is one file that was moved into place or away.
type change struct {
	path   string
	backup string // where the old file is; empty if there was none
}

func (w *writer) write(files map[string][]byte) (Result, error) {
	p, err := compare(w.dir, files)
	if err != nil {
		return Result{}, err
	}
	if err := w.apply(p, files); err != nil {
		w.undo()
		return Result{}, err
	}
	w.clean()
	return Result{Written: p.write, Unchanged: p.unchanged, Removed: p.stale, SQLC: p.sqlc}, nil
}

func (w *writer) apply(p *plan, files map[string][]byte) error {
	if err := w.makeDir(w.dir); err != nil {
		return unwritable(w.dir, err)
	}
	temps := make([]string, len(p.write))
	for i, name := range p.write {
		temp, err := w.temp(files[name])
		if err != nil {
			return unwritable(w.dir, err)
		}
		temps[i] = temp
	}
	for i, name := range p.write {
		if err := w.replace(filepath.Join(w.dir, name), temps[i], p.old[name]); err != nil {
			return err
		}
	}
	for _, name := range p.stale {
		path := filepath.Join(w.dir, name)
		backup, err := w.temp(nil)
		if err == nil {
			err = w.rename(path, backup)
		}
		if err != nil {
			return unwritable(path, err)
		}
		w.changes = append(w.changes, change{path: path, backup: backup})
	}
	return nil
}

// replace moves a temporary file to its place, where the old text may be.
func (w *writer) replace(path, temp string, old []byte) error {
	c := change{path: path}
	if old != nil {
		backup, err := w.backup(path, old)
		if err != nil {
			return unwritable(path, err)
		}
		c.backup = backup
	}
	if err := w.rename(temp, path); err != nil {
		return unwritable(path, err)
	}
	w.changes = append(w.changes, c)
	return nil
}

// backup keeps a file under another name: the file itself where the system has
// links, so that its time and owner come back with it, a copy elsewhere.
func (w *writer) backup(path string, text []byte) (string, error) {
	name, err := w.temp(nil)
	if err != nil {
		return "", err
	}
	if os.Remove(name) == nil && os.Link(path, name) == nil {
		return name, nil
	}
	return name, os.WriteFile(name, text, 0o666)
}

// temp writes a new file beside the generated ones. Its name starts with a dot,
// so that the Go tool passes over one that is left behind by a killed process.
func (w *writer) temp(text []byte) (string, error) {
	f, err := os.CreateTemp(w.dir, ".tenancygen-*")
	if err != nil {
		return "", err
	}
	w.temps = append(w.temps, f.Name())
	_, err = f.Write(text)
	// CreateTemp makes files that only the user reads; generated code is source.
	return f.Name(), errors.Join(err, f.Chmod(0o644), f.Close())
}

// makeDir creates a directory and its parents, and notes which are new.
func (w *writer) makeDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return syscall.ENOTDIR
		}
		return nil
	}
	if !os.IsNotExist(err) {
		return err
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := w.makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o777); err != nil && !os.IsExist(err) {
		return err
	}
	w.made = append(w.made, dir)
	return nil
}

// undo takes back what was done, the last thing first. It goes on after a
// failure: what can be restored is.
func (w *writer) undo() {
	for i := len(w.changes) - 1; i >= 0; i-- {
		c := w.changes[i]
		if c.backup == "" {
			_ = os.Remove(c.path)
			continue
		}
		_ = os.Rename(c.backup, c.path)
	}
	w.clean()
	for i := len(w.made) - 1; i >= 0; i-- {
		_ = os.Remove(w.made[i]) // fails, as it should, if it is not empty
	}
}

// clean removes what is left of the temporary files.
func (w *writer) clean() {
	for _, name := range w.temps {
		_ = os.Remove(name)
	}
}

func unwritable(path string, err error) *Error {
	help := "make the directory writable, or set go.out to another one"
	if isNotDir(err) {
		help = "a file is where a directory has to be; move it away, or set go.out to another directory"
	}
	return &Error{Path: path, Err: fmt.Errorf("cannot be written: %w", cause(err)), Help: help}
}

func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
