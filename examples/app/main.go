// Command app is a small invoicing service over the generated package: every
// handler works on the queries of one tenant, which the middleware hands it.
//
// It reads two environment variables: DATABASE_URL, for a role that is a member
// of app_user, and API_TOKENS, a comma-separated list of token=tenant-id.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/isolation/postgres"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, log, os.Getenv); err != nil {
		log.Error("app stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then lets the open requests finish.
func run(ctx context.Context, log *slog.Logger, getenv func(string) string) error {
	tokens, err := parseTokens(getenv("API_TOKENS"))
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()
	provider, err := postgres.NewRLS(pool)
	if err != nil {
		return err
	}
	// A role that policies do not hold for would serve all the same.
	if err := provider.VerifyRole(ctx); err != nil {
		return err
	}

	server := &http.Server{
		Addr:              "localhost:8080",
		Handler:           newHandler(gen.New(provider), tokens, log),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	log.Info("listening", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
