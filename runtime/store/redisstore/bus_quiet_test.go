package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

// TestBusLogsAnOutageOnce sees that a subscriber which cannot connect tries on and says so
// once, not with each of its tries.
func TestBusLogsAnOutageOnce(t *testing.T) {
	t.Parallel()
	dials := make(chan struct{})
	over := make(chan struct{})
	c := redis.NewClient(&redis.Options{
		ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			select {
			case dials <- struct{}{}:
			case <-over:
			case <-ctx.Done():
			}
			return nil, errors.New("nobody is there")
		},
	})
	defer c.Close()
	var log bytes.Buffer // written by the subscriber alone, and read when that has ended
	b, err := redisstore.NewBus(c, redisstore.BusOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	subscribed := make(chan func())
	go func() { subscribed <- b.Subscribe(func([]byte) {}) }()
	for range 20 {
		<-dials
	}
	close(over)
	(<-subscribed)()
	if n := strings.Count(log.String(), "cut off"); n != 1 {
		t.Errorf("%d lines: %s", n, log.String())
	}
}
