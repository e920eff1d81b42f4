package pgtenancy

import (
	"errors"
	"fmt"
)

// closers are what has been opened, in that order.
type closers struct{ list []closer }

type closer struct {
	name  string
	close func() error
}

// add notes what has been opened.
func (c *closers) add(name string, close func() error) {
	c.list = append(c.list, closer{name, close})
}

// close closes everything, the latest first, also when some of it fails or panics. The
// error joins what went wrong.
func (c *closers) close() error {
	var errs []error
	for i := len(c.list) - 1; i >= 0; i-- {
		if err := guarded(c.list[i].close); err != nil {
			errs = append(errs, fmt.Errorf("tenancy: close the %s: %w", c.list[i].name, err))
		}
	}
	c.list = nil
	return errors.Join(errs...)
}

// guarded calls f and returns a panic as an error.
func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}
