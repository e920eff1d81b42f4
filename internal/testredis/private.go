package testredis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// Private is a server of one test's own, which may do to it what it likes. Its
// methods fail the test when they cannot do what they are for. They are not for
// concurrent use.
type Private struct {
	t       testing.TB
	process *process
}

// New starts a server for t and stops it when t ends. Each setting is a name of
// redis.conf and its value. It skips t when there is no binary on this machine, or
// fails it when servers are required.
func New(t testing.TB, settings ...string) *Private {
	t.Helper()
	bin, err := installed()
	if err != nil {
		testserver.Missing(t, err)
	}
	p, err := start(t.Context(), bin, settings...)
	if err != nil {
		t.Fatal(err)
	}
	s := &Private{t: t, process: p}
	t.Cleanup(func() { s.process.watchdog.Stop() })
	return s
}

// URL returns the server's URL over TCP, with database 0.
func (s *Private) URL() string { return s.process.url() }

// Address returns the server's host and port.
func (s *Private) Address() string { return s.process.address() }

// Socket returns the path of the server's unix socket.
func (s *Private) Socket() string { return s.process.socket() }

// Client returns a client that is closed when the test ends.
func (s *Private) Client() *redis.Client {
	s.t.Helper()
	return client(s.t, s.URL())
}

// Kill kills the server, as a crash would. All that it held is lost.
func (s *Private) Kill() {
	s.t.Helper()
	s.do("kill", testserver.Kill(s.process.pid))
	<-s.process.watchdog.Done()
}

// Restart starts the server again, at the same addresses, after Kill or instead of
// it. It is empty.
func (s *Private) Restart() {
	s.t.Helper()
	s.process.watchdog.Stop()
	s.do("restart", s.process.run(context.WithoutCancel(s.t.Context())))
}

// Suspend stops the process in its tracks: connections stay open, and nothing
// answers.
func (s *Private) Suspend() {
	s.t.Helper()
	s.do("suspend", testserver.Suspend(s.process.pid))
}

// Resume lets the process go on after Suspend.
func (s *Private) Resume() {
	s.t.Helper()
	s.do("resume", testserver.Resume(s.process.pid))
}

// Replica starts a replica of the server, and returns once it has its data.
func (s *Private) Replica() *Private {
	s.t.Helper()
	replica := New(s.t, "replicaof", fmt.Sprintf("127.0.0.1 %d", s.process.port))
	replica.await("master_link_status:up", "replication", "master_link_status", "up")
	return replica
}

// Promote makes a replica the master.
func (s *Private) Promote() {
	s.t.Helper()
	s.do("promote", s.Client().ReplicaOf(s.t.Context(), "NO", "ONE").Err())
	s.await("role:master", "replication", "role", "master")
}

// Cluster starts a Redis Cluster of three masters for t, and stops it when t ends.
// It skips or fails t as New does.
func Cluster(t testing.TB) []*Private {
	t.Helper()
	const slots, masters = 16384, 3
	nodes := make([]*Private, masters)
	for i := range nodes {
		nodes[i] = New(t, "cluster-enabled", "yes")
		first, last := i*slots/masters, (i+1)*slots/masters-1
		nodes[i].do("add slots", nodes[i].Client().ClusterAddSlotsRange(t.Context(), first, last).Err())
	}
	for _, node := range nodes[1:] {
		nodes[0].do("meet", nodes[0].Client().ClusterMeet(t.Context(), "127.0.0.1", fmt.Sprint(node.process.port)).Err())
	}
	for _, node := range nodes {
		c := node.Client()
		node.do("join the cluster", testserver.WaitReady(t.Context(), node.process.watchdog.Done(), func(ctx context.Context) error {
			info, err := c.ClusterInfo(ctx).Result()
			if err == nil && !(strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_size:%d", masters))) {
				err = errors.New("it does not know all masters")
			}
			return err
		}))
	}
	return nodes
}

// await returns once a field of INFO has a value.
func (s *Private) await(what, section, field, value string) {
	s.t.Helper()
	c := s.Client()
	s.do("wait for "+what, testserver.WaitReady(s.t.Context(), s.process.watchdog.Done(), func(ctx context.Context) error {
		info, err := c.InfoMap(ctx, section).Result()
		if err != nil {
			return err
		}
		for _, fields := range info {
			if fields[field] == value {
				return nil
			}
		}
		return fmt.Errorf("%s is not %s", field, value)
	}))
}

func (s *Private) do(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("testredis: %s: %v", what, err)
	}
}
