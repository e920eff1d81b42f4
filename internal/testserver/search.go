package testserver

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Shared is the server of a test binary, which all tests use. The zero value is ready;
// it is safe for concurrent use.
type Shared[S interface{ Close() }] struct {
	once   sync.Once
	server S
	err    error
}

// Get returns the server, and starts it when it is asked for the first time; it is
// closed when the tests have run. It skips t when there is none, or fails it when
// servers are required.
func (s *Shared[S]) Get(t testing.TB, start func(context.Context) (S, error)) S {
	t.Helper()
	s.once.Do(func() {
		if s.server, s.err = start(context.Background()); s.err == nil {
			AtEnd(s.server.Close)
		}
	})
	if s.err != nil {
		Missing(t, s.err)
	}
	return s.server
}

// First returns the server of the first source that has one. A source that has none
// returns ErrAbsent; where all do, First returns ErrAbsent, too.
func First[S any](ctx context.Context, sources ...func(context.Context) (S, error)) (S, error) {
	for _, source := range sources {
		if s, err := source(ctx); !errors.Is(err, ErrAbsent) {
			return s, err
		}
	}
	var none S
	return none, ErrAbsent
}
