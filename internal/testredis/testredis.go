package testredis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// EnvURL holds the URL of a running server, such as redis://127.0.0.1:6379/0.
const EnvURL = "TENANCY_TEST_REDIS_URL"

// shared is the server of this test binary.
var shared testserver.Shared[*Server]

// Main runs the tests, stops the server if one was started, and exits, as that of
// testpg does. It is all that a TestMain has to call, also of a package that uses
// both:
//
//	func TestMain(m *testing.M) { testredis.Main(m) }
func Main(m *testing.M, checks ...func() error) { testserver.Main(m, checks...) }

// Required reports whether a missing server is a failure.
func Required() bool { return testserver.Required() }

// URL returns the URL of the shared server. It skips t when there is none, or fails
// it when servers are required. It may be called from parallel tests.
func URL(t testing.TB) string {
	t.Helper()
	return shared.Get(t, Start).URL
}

// Client returns a client of the shared server that is closed when t ends. It skips
// or fails t as URL does.
func Client(t testing.TB) *redis.Client {
	t.Helper()
	return client(t, URL(t))
}

func client(t testing.TB, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		// The parse error would print the URL, and with it the password.
		t.Fatalf("testredis: %s is not a URL", EnvURL)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Prefix returns what the names of all keys and channels of t on the shared server
// begin with. The keys are deleted when t ends. It skips or fails t as URL does.
func Prefix(t testing.TB) string {
	t.Helper()
	url := URL(t)
	prefix := testserver.UniqueName("test") + ":"
	t.Cleanup(func() {
		c := client(t, url)
		// The context of a test is over when its cleanup runs.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		keys := c.Scan(ctx, 0, prefix+"*", 1000).Iterator()
		for keys.Next(ctx) {
			if err := c.Unlink(ctx, keys.Val()).Err(); err != nil {
				t.Errorf("testredis: %v", err)
			}
		}
		if err := keys.Err(); err != nil {
			t.Errorf("testredis: %v", err)
		}
	})
	return prefix
}

// Server is a Redis server for tests.
type Server struct {
	// URL is the server's URL over TCP, with database 0.
	URL string
	// Socket is the path of its unix socket, which benchmarks use; empty for a
	// server that is not of this machine's binary.
	Socket string

	watchdog *testserver.Watchdog // nil for a server that we did not start
}

// Start finds or starts a server, in the order of the package documentation. The
// caller closes it. The error, when there is none to be had, is one sentence
// that says what was tried and what to do.
func Start(ctx context.Context) (*Server, error) {
	if url := os.Getenv(EnvURL); url != "" {
		return &Server{URL: url}, nil
	}
	s, err := testserver.First(ctx, startLocal, startInstalled, startContainer)
	if errors.Is(err, testserver.ErrAbsent) {
		return nil, fmt.Errorf("no Redis for this test: set %s to a server's URL, or install redis-server or docker", EnvURL)
	}
	return s, err
}

// Close stops the server if Start started it, and returns once it is gone. It
// may be called more than once.
func (s *Server) Close() { s.watchdog.Stop() }

// startContainer starts a server with docker.
func startContainer(ctx context.Context) (*Server, error) {
	address, w, err := testserver.StartContainer(ctx, testserver.Image{Name: "redis:7-alpine", Port: 6379})
	if err != nil {
		return nil, err
	}
	if _, err := waitReady(ctx, address, w.Done()); err != nil {
		w.Stop()
		return nil, err
	}
	return &Server{URL: "redis://" + address + "/0", watchdog: w}, nil
}

// waitReady returns the server's process id once it takes commands.
func waitReady(ctx context.Context, address string, dead <-chan struct{}) (pid int, err error) {
	c := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1})
	defer func() { _ = c.Close() }()
	err = testserver.WaitReady(ctx, dead, func(ctx context.Context) error {
		info, err := c.InfoMap(ctx, "server").Result()
		if err != nil {
			return err
		}
		_, err = fmt.Sscan(info["Server"]["process_id"], &pid)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("testredis: %w", err)
	}
	return pid, nil
}
