package testpg

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// Server is a PostgreSQL server for tests.
type Server struct {
	// URL is a superuser's, in the maintenance database.
	URL string

	watchdog *testserver.Watchdog // nil for a server that we did not start
}

// Start finds or starts a server, in the order of the package documentation. The
// caller closes it. The error, when there is none to be had, is one sentence
// that says what was tried and what to do.
func Start(ctx context.Context) (*Server, error) {
	if dsn := os.Getenv(EnvURL); dsn != "" {
		return &Server{URL: dsn}, nil
	}
	s, err := testserver.First(ctx, startLocal, startInstalled, startContainer)
	if errors.Is(err, testserver.ErrAbsent) {
		return nil, fmt.Errorf("no PostgreSQL for this test: set %s to a superuser's URL, or install the postgres server or docker", EnvURL)
	}
	return s, err
}

// Close stops the server if Start started it, and returns once it is gone. It
// may be called more than once.
func (s *Server) Close() { s.watchdog.Stop() }

// startContainer starts a server with docker.
func startContainer(ctx context.Context) (*Server, error) {
	address, w, err := testserver.StartContainer(ctx, testserver.Image{
		Name: "postgres:17-alpine", Port: 5432,
		Env:     []string{"POSTGRES_HOST_AUTH_METHOD=trust"},
		Command: []string{"-c", "fsync=off", "-c", "max_connections=300"},
	})
	if err != nil {
		return nil, err
	}
	dsn := "postgres://postgres@" + address + "/postgres?sslmode=disable"
	// The image starts the server twice, first without TCP, so one connection
	// means that it is ready.
	if err := waitReady(ctx, dsn, w.Done()); err != nil {
		w.Stop()
		return nil, err
	}
	return &Server{URL: dsn, watchdog: w}, nil
}

// waitReady returns once the server at dsn takes connections, or when dead is
// closed, or after a while.
func waitReady(ctx context.Context, dsn string, dead <-chan struct{}) error {
	err := testserver.WaitReady(ctx, dead, func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	})
	if err != nil {
		return fmt.Errorf("testpg: %w", err)
	}
	return nil
}
