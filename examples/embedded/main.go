// Command embedded is a whole multi-tenant application in one process: a server with a
// database, SQLite, that needs no other. It registers three tenants, plays their users,
// who also try what they must not, and prints what they got beside what they should get.
// The exit code is 1 where the two differ.
//
// The parts are those of an application that goes on: tenancy.go says how tenants are
// kept, found and isolated, server.go has the handlers, schema.sql and queries.sql the
// SQL, and gen/ what tenancygen made of it. Only demo.go is for show.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/tenancygen/tenancygen/examples/embedded/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr, nil)
	stop()
	os.Exit(code)
}

// command runs the demo, and returns the exit code. Around puts something around the
// isolation; nil leaves it as it is. The test takes the protection away with it.
func command(ctx context.Context, args []string, stdout, stderr io.Writer, around func(sqldb.Provider) sqldb.Provider) int {
	flags := flag.NewFlagSet("embedded", flag.ContinueOnError)
	flags.SetOutput(stderr)
	strategy := flags.String("isolation", "row", "how tenants are kept apart: row, prefix, or database, which is a file for each")
	if flags.Parse(args) != nil {
		return 2
	}
	if err := run(ctx, stdout, runtime.Strategy(*strategy), around); err != nil {
		fmt.Fprintln(stderr, "embedded:", err)
		return 1
	}
	return 0
}

// run makes the application in a new directory, plays the demo against it, and removes
// everything. The error is errUnexpected where an answer is not as expected.
func run(ctx context.Context, out io.Writer, strategy runtime.Strategy, around func(sqldb.Provider) sqldb.Provider) (err error) {
	dir, err := os.MkdirTemp("", "tenancygen-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	log := slog.New(slog.DiscardHandler) // the table is what there is to see
	members := &users{tenants: map[string]string{}}
	t, err := openTenancy(ctx, dir, strategy, members, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	var provider sqldb.Provider = t.isolation
	if around != nil {
		provider = around(provider)
	}

	s := &server{queries: gen.New(provider)}
	address, stop, err := serve(ctx, s.handler(t.middleware))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()

	d := &demo{tenancy: t, strategy: strategy, users: members, url: "http://" + address}
	if err := d.play(ctx); err != nil {
		return err
	}
	return d.print(out)
}

// serve serves on a free port of this machine, until stop is called.
func serve(ctx context.Context, handler http.Handler) (address string, stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return listener.Addr().String(), func() error {
		err := server.Shutdown(context.WithoutCancel(ctx))
		if served := <-served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
