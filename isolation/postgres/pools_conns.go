package postgres

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// callerKey finds the context of who asked for a connection in the context with
// which it is opened. A pool opens a connection to its end, also when its caller has
// gone, so its own context does not say so.
type callerKey struct{}

// closeTimeout bounds the farewell to a server.
const closeTimeout = 5 * time.Second

// reserveRetry is how long reserve waits before it looks for itself. What it waits
// for announces itself, but for a connection that a pool keeps after its caller left.
const reserveRetry = 5 * time.Millisecond

// count has the connections of a pool counted, from before the first packet until
// they are closed.
func (s *pools) count(config *pgxpool.Config, p *tenantPool) {
	before := config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		if before != nil {
			if err := before(ctx, c); err != nil {
				return err
			}
		}
		// What the connection dials once it is there is a request to cancel a
		// statement, which has no backend of its own.
		var connected atomic.Bool
		after, dial := c.AfterConnect, c.DialFunc
		c.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
			connected.Store(true)
			if after != nil {
				return after(ctx, conn)
			}
			return nil
		}
		c.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if connected.Load() {
				return dial(ctx, network, addr)
			}
			if err := s.reserve(ctx, p); err != nil {
				return nil, err
			}
			conn, err := dial(ctx, network, addr)
			if err != nil {
				s.unreserve(p)
				return nil, err
			}
			return &countedConn{Conn: conn, closed: func() { s.unreserve(p) }}, nil
		}
		return nil
	}
}

// countedConn says when it is closed, once.
type countedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.closed)
	return err
}

// reserve waits until one connection more may be open, and counts it. It closes an
// idle one where there is one to spare.
func (s *pools) reserve(ctx context.Context, p *tenantPool) error {
	var gone <-chan struct{}
	if caller, ok := ctx.Value(callerKey{}).(context.Context); ok {
		gone = caller.Done()
	}
	for {
		s.mu.Lock()
		if s.conns < cap(s.slots) {
			s.conns++
			p.conns.Add(1)
			s.mu.Unlock()
			return nil
		}
		spare := s.spare(p)
		changed := s.changed
		s.waiting = true
		s.mu.Unlock()
		if slices.ContainsFunc(spare, func(p *tenantPool) bool { return p.closeIdle(ctx) }) {
			continue
		}
		retry := time.NewTimer(reserveRetry)
		select {
		case <-changed:
		case <-retry.C:
		case <-gone:
		case <-ctx.Done():
		}
		retry.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-gone:
			return context.Canceled
		default:
		}
	}
}

func (s *pools) unreserve(p *tenantPool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns--
	p.conns.Add(-1)
	s.notify()
}

// notify wakes those who wait for a connection that is closed or idle. The lock is
// held.
func (s *pools) notify() {
	if s.waiting {
		close(s.changed)
		s.changed, s.waiting = make(chan struct{}), false
	}
}

// spare returns the pools that seem to have an idle connection, the one first that
// was not used for the longest time. The lock is held.
func (s *pools) spare(but *tenantPool) (spare []*tenantPool) {
	for e := s.recent.Back(); e != nil; e = e.Prev() {
		if p := e.Value.(*tenantPool); p != but && p.conns.Load() > p.held.Load() {
			spare = append(spare, p)
		}
	}
	return spare
}

// closeIdle closes an idle connection of the pool, and reports whether there was one.
func (p *tenantPool) closeIdle(ctx context.Context) bool {
	idle := p.pool.AcquireAllIdle(ctx)
	for i, conn := range idle {
		if i == 0 {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
			_ = conn.Conn().Close(ctx)
			cancel()
		}
		// The pool does not keep one that is closed.
		conn.Release()
	}
	return len(idle) > 0
}
