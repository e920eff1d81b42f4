// Command app is a small invoicing service over the generated package, and shows the
// whole run time at work: a request is resolved to a tenant, checked, counted, and
// handled with that tenant's queries; an administrator registers, suspends, activates and
// deletes tenants.
//
// Its environment is that of package runtime/config, and
//
//	ADDRESS      where it listens, localhost:8080 without it
//	ADMIN_TOKEN  the bearer token of /admin/, of at least 32 characters
//
// "app token <tenant-id>" prints a token for a tenant instead, for trying things out.
// docs/quickstart.md goes through it step by step.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/tenancygen/tenancygen/runtime/config"
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 3 && os.Args[1] == "token" {
		if err := printToken(os.Stdout, os.Environ(), os.Args[2]); err != nil {
			log.Error("no token", "error", err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, log, os.Environ(), nil); err != nil {
		log.Error("app stopped", "error", err)
		os.Exit(1)
	}
}

// grace is how long open requests have to finish when the app stops.
const grace = 10 * time.Second

// run serves until ctx ends, lets the open requests finish, and closes what it has
// opened. It sends the address to listening, if that is not nil, once it takes requests.
func run(ctx context.Context, log *slog.Logger, environ []string, listening chan<- net.Addr) (err error) {
	cfg, err := config.Parse(environ)
	if err != nil {
		return err
	}
	admin, err := newAdminToken(variable(environ, "ADMIN_TOKEN", ""))
	if err != nil {
		return err
	}
	tenancy, err := open(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenancy.Close()) }()

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", variable(environ, "ADDRESS", "localhost:8080"))
	if err != nil {
		return err
	}
	s := newServer(tenancy, admin, log)
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	server.RegisterOnShutdown(s.stop)
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	log.Info("listening", "address", listener.Addr().String())
	if listening != nil {
		listening <- listener.Addr()
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// variable returns the value of an environment variable, or otherwise where it is empty.
func variable(environ []string, name, otherwise string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}
	return otherwise
}
