package testpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds the start of a server, without its installation.
const startTimeout = 90 * time.Second

// errAbsent is what a source of servers returns that is not on this machine, so
// that the next one is tried.
var errAbsent = errors.New("not available")

// Server is a PostgreSQL server for tests.
type Server struct {
	// URL is a superuser's, in the maintenance database.
	URL string

	watchdog *watchdog // nil for a server that we did not start
}

// Start finds or starts a server, in the order of the package documentation. The
// caller closes it. The error, when there is none to be had, is one sentence
// that says what was tried and what to do.
func Start(ctx context.Context) (*Server, error) {
	if dsn := os.Getenv(EnvURL); dsn != "" {
		return &Server{URL: dsn}, nil
	}
	for _, source := range []func(context.Context) (*Server, error){startLocal, startInstalled, startContainer} {
		s, err := source(ctx)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, errAbsent) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("no PostgreSQL for this test: set %s to a superuser's URL, or install the postgres server or docker", EnvURL)
}

// Close stops the server if Start started it, and returns once it is gone. It
// may be called more than once.
func (s *Server) Close() {
	if s.watchdog != nil {
		s.watchdog.stop()
	}
}

// waitReady returns once the server at dsn takes connections, or when dead is
// closed, or after a while.
func waitReady(ctx context.Context, dsn string, dead <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, dsn)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-dead:
			return fmt.Errorf("testpg: the server ended while it started: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("testpg: the server did not start: %w", err)
		}
	}
}
