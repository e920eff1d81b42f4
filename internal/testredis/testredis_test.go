package testredis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// envHelper makes the test binary start a server and wait to be killed.
const envHelper = "TENANCY_TESTREDIS_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(envHelper) != "" {
		s, err := startLocal(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(strings.TrimSuffix(strings.TrimPrefix(s.URL, "redis://"), "/0"))
		select {}
	}
	Main(m)
}

func TestServerStopsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	New(t) // skips without a binary, and installs it for the helper
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := exec.CommandContext(t.Context(), exe)
	helper.Env = append(os.Environ(), envHelper+"=server")
	helper.Stderr = os.Stderr
	stdout, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err, helper.Wait())
	}
	conn, err := net.Dial("tcp", strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait() // it was killed
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, conn); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server sent %d bytes and did not end: %v", n, err)
	}
}

func TestPrefixIsEmptied(t *testing.T) {
	t.Parallel()
	c := Client(t)
	var key string
	t.Run("a test with keys", func(t *testing.T) {
		key = Prefix(t) + "key"
		if err := c.Set(t.Context(), key, "value", 0).Err(); err != nil {
			t.Fatal(err)
		}
	})
	if err := c.Get(t.Context(), key).Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("the key is still there: %v", err)
	}
}

func TestKillAndRestart(t *testing.T) {
	t.Parallel()
	s := New(t)
	c := s.Client()
	if err := c.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("a killed server answers")
	}
	if _, err := os.Stat(s.process.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory is still there: %v", err)
	}
	s.Restart()
	if n, err := c.DBSize(t.Context()).Result(); n != 0 || err != nil {
		t.Errorf("after the restart there are %d keys: %v", n, err)
	}
	socket := client(t, "unix://"+s.Socket())
	if err := socket.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the socket: %v", err)
	}
}

func TestSuspend(t *testing.T) {
	t.Parallel()
	s := New(t)
	c := s.Client()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.Suspend()
	answered := make(chan error, 1)
	go func() { answered <- c.Ping(context.WithoutCancel(t.Context())).Err() }()
	select {
	case err := <-answered:
		t.Errorf("a suspended server answers: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.Resume()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	// One that is left suspended is stopped all the same.
	s.Suspend()
}

func TestReplica(t *testing.T) {
	t.Parallel()
	master := New(t)
	if err := master.Client().Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	replica := master.Replica()
	c := replica.Client()
	if got, err := c.Get(t.Context(), "key").Result(); got != "value" || err != nil {
		t.Errorf("the replica has %q: %v", got, err)
	}
	if err := c.Set(t.Context(), "key", "other", 0).Err(); err == nil {
		t.Error("the replica is written to")
	}
	master.Kill()
	replica.Promote()
	if err := c.Set(t.Context(), "key", "other", 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	var addresses []string
	for _, node := range Cluster(t) {
		addresses = append(addresses, node.Address())
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses[:1]})
	defer func() { _ = c.Close() }()
	for i := range 100 {
		if err := c.Set(t.Context(), fmt.Sprint("key", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	err := c.ForEachMaster(t.Context(), func(ctx context.Context, m *redis.Client) error {
		n, err := m.DBSize(ctx).Result()
		if err == nil && n == 0 {
			err = errors.New("a master has no keys")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
