package sqlite

import (
	"errors"
	"os"
)

// syncDir has the operating system write what files a directory has. Systems on which
// a directory cannot be synced do so by themselves.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = dir.Sync()
	return dir.Close()
}

// joinErr is errors.Join that leaves a single error as it is.
func joinErr(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}
