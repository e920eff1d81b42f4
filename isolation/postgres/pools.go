package postgres

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
)

// pools are the pools of the tenants' databases, one for each tenant that is or was
// lately in use. What they hold together is bounded twice: by the number of pools
// that are kept, and by the number of connections that are open.
//
// Every use of a connection goes through acquire, in this order:
//
//  1. The tenant's pool is pinned, and made if it is not there. A pinned pool is not
//     closed. Pools without connections cost little, so that more than are kept can be
//     pinned at a time: nobody waits here.
//  2. One of the tenant's slots: how many connections one tenant may use. It comes
//     before the next step, so that who waits for their own tenant's connections
//     keeps nobody else from theirs.
//  3. One of the slots of all tenants, of which there are as many as connections.
//  4. A connection from the pool. If it has to be opened, and as many as may be are
//     open, an idle one of another tenant is closed first; see reserve.
//
// Steps 2 and 3 wait in order of arrival, for as long as the caller's context lasts.
// Step 4 waits for no caller: whoever is there has a slot, and there are no more slots
// than connections, so one of them is idle, or is about to be closed or to be idle.
//
// The lock is held for no I/O.
type pools struct {
	// configure returns the configuration of a tenant's pool. It uses no network.
	configure func(runtime.Tenant) (*pgxpool.Config, error)
	maxPools  int
	idle      time.Duration
	slots     chan struct{}
	done      chan struct{} // closed by close

	mu      sync.Mutex
	byKey   map[poolKey]*tenantPool
	recent  list.List // of *tenantPool, the last used one first
	conns   int       // open or being opened, of all pools
	waiting bool      // somebody waits for changed
	changed chan struct{}
	sweeper *time.Timer // nil when no pool is idle
	closed  bool
	closing sync.WaitGroup
}

// poolKey tells pools apart. A tenant that gets another stored URL gets another pool.
type poolKey struct {
	id, url string
}

// tenantPool is the pool of one tenant.
type tenantPool struct {
	key   poolKey
	ready chan struct{} // closed when the rest of this block is set
	pool  *pgxpool.Pool
	slots chan struct{}
	err   error

	held  atomic.Int32 // callers that have a connection, or are about to
	conns atomic.Int32 // open or being opened

	// Below, pools.mu is held.
	element   *list.Element // nil when it has been taken out, to be closed
	pins      int           // callers between pin and unpin
	idleSince time.Time     // when pins became 0
}

func newPools(maxPools, maxConns int, idle time.Duration, configure func(runtime.Tenant) (*pgxpool.Config, error)) *pools {
	return &pools{
		configure: configure,
		maxPools:  maxPools,
		idle:      idle,
		slots:     make(chan struct{}, maxConns),
		done:      make(chan struct{}),
		byKey:     map[poolKey]*tenantPool{},
		changed:   make(chan struct{}),
	}
}

// lease is the use of a connection of a tenant's pool.
type lease struct {
	*pgxpool.Conn
	pools *pools
	from  *tenantPool
}

// acquire returns a connection to the tenant's database. It is to be released.
func (s *pools) acquire(ctx context.Context, t runtime.Tenant) (lease, error) {
	for {
		p, err := s.pin(ctx, t)
		if err != nil {
			return lease{}, err
		}
		conn, err := s.use(ctx, p)
		if err == nil {
			return lease{conn, s, p}, nil
		}
		// Destroy takes pools out that are pinned. What happens to the tenant next is
		// for the database to say.
		if again := s.unpin(p); !again {
			return lease{}, err
		}
	}
}

// pin returns the tenant's pool, which is not closed before it is unpinned.
func (s *pools) pin(ctx context.Context, t runtime.Tenant) (*tenantPool, error) {
	key := poolKey{t.ID, t.DatabaseURL}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, runtime.ErrClosed
	}
	p, ok := s.byKey[key]
	if !ok {
		p = &tenantPool{key: key, ready: make(chan struct{})}
		p.element = s.recent.PushFront(p)
		s.byKey[key] = p
	} else {
		s.recent.MoveToFront(p.element)
	}
	p.pins++
	s.shrink()
	s.mu.Unlock()

	if !ok {
		s.open(p, t)
	}
	select {
	case <-p.ready:
	case <-ctx.Done():
		s.unpin(p)
		return nil, ctx.Err()
	}
	if p.err != nil {
		s.unpin(p)
		return nil, p.err
	}
	return p, nil
}

// open makes the pool for all who wait for it. It does not depend on the context of
// the first of them. A pool that could not be made is taken out, and the next caller
// tries again.
func (s *pools) open(p *tenantPool, t runtime.Tenant) {
	p.err = errPoolPanic // unless something better is known
	defer func() {
		if p.err != nil {
			s.mu.Lock()
			s.takeOut(p)
			s.mu.Unlock()
		}
		close(p.ready)
	}()
	config, err := s.configure(t)
	if err != nil {
		p.err = err
		return
	}
	// Connections are opened by those who use them, and no others are.
	config.MinConns, config.MinIdleConns = 0, 0
	config.MaxConns = max(1, min(config.MaxConns, int32(cap(s.slots))))
	s.count(config, p)
	p.slots = make(chan struct{}, config.MaxConns)
	p.pool, p.err = pgxpool.NewWithConfig(context.Background(), config)
}

// use returns a connection of a pinned pool.
func (s *pools) use(ctx context.Context, p *tenantPool) (*pgxpool.Conn, error) {
	if err := s.enter(ctx, p.slots); err != nil {
		return nil, err
	}
	if err := s.enter(ctx, s.slots); err != nil {
		<-p.slots
		return nil, err
	}
	asking := ctx
	if p.held.Add(1) > p.conns.Load() {
		// A connection will be opened, most likely.
		asking = context.WithValue(ctx, callerKey{}, ctx)
	}
	conn, err := p.pool.Acquire(asking)
	if err != nil {
		s.leave(p)
		return nil, connectError(err)
	}
	return conn, nil
}

// enter takes a slot.
func (s *pools) enter(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.done:
		return runtime.ErrClosed
	}
}

// leave gives the slots back. Unpin comes next, and tells those who wait for the
// connection.
func (s *pools) leave(p *tenantPool) {
	<-p.slots
	<-s.slots
	p.held.Add(-1)
}

// unpin lets the pool be closed. It reports whether the caller's pool was closed
// under it, and a new one can be asked for.
func (s *pools) unpin(p *tenantPool) (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify()
	// As it was for the caller, not as it is for being one pool too many.
	again = p.element == nil && !s.closed
	p.pins--
	if p.pins == 0 && p.element != nil {
		p.idleSince = time.Now()
		if s.sweeper == nil {
			s.sweeper = time.AfterFunc(s.idle, s.sweep)
		}
		s.shrink()
	}
	return again
}

// release gives the connection back. It can be called again.
func (l *lease) release() {
	if l.Conn == nil {
		return
	}
	l.Conn.Release()
	l.Conn = nil
	l.pools.leave(l.from)
	l.pools.unpin(l.from)
}
