package sqlite

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// lookInterval is how often who waits for a connection looks whether one is idle.
const lookInterval = 10 * time.Millisecond

// fileKey is a file and whose it has to be.
type fileKey struct{ name, id string }

// files keeps the pools of the tenants' files that were used last, and bounds how many
// connections all of them have together. It is safe for concurrent use.
type files struct {
	options options
	dsn     func(name string) string
	// slots has an element for each connection.
	slots chan struct{}
	// waiting is how many wait for a slot. A connection is not put back while one does.
	waiting atomic.Int32

	mu      sync.Mutex
	open    map[fileKey]*file
	used    list.List // of *file, the last used first
	removed map[fileKey]bool
	closed  bool
	conns   sync.WaitGroup
}

// file is a pool on a tenant's file.
type file struct {
	key   fileKey
	pool  *sql.DB
	calls int           // that are about to take a connection
	place *list.Element // in used
	// conns are the connections that are open, or being opened, and drained is closed
	// with the last of them where somebody waits for that.
	conns   int
	drained chan struct{}
}

func newFiles(o options, dsn func(string) string) *files {
	return &files{options: o, dsn: dsn, slots: make(chan struct{}, o.maxConns), open: map[fileKey]*file{}, removed: map[fileKey]bool{}}
}

// acquire returns the pool of a file, which is not closed before release.
func (fs *files) acquire(key fileKey) (*file, error) {
	fs.mu.Lock()
	f, spare, err := fs.take(key)
	fs.mu.Unlock()
	if spare != nil {
		_ = spare.pool.Close() // no connection of it is in use
	}
	return f, err
}

func (fs *files) take(key fileKey) (f, spare *file, err error) {
	switch {
	case fs.closed:
		return nil, nil, runtime.ErrClosed
	case fs.removed[key]:
		return nil, nil, runtime.ErrNotInitialized
	}
	f = fs.open[key]
	if f == nil {
		if len(fs.open) >= fs.options.maxFiles {
			spare = fs.evict()
		}
		f = &file{key: key}
		f.pool = sql.OpenDB(&fileConnector{files: fs, file: f, dsn: fs.dsn(key.name)})
		f.pool.SetMaxOpenConns(fs.options.fileConns)
		f.pool.SetMaxIdleConns(fs.options.fileConns)
		f.pool.SetConnMaxIdleTime(fs.options.idleTime)
		f.place = fs.used.PushFront(f)
		fs.open[key] = f
	} else {
		fs.used.MoveToFront(f.place)
	}
	f.calls++
	return f, spare, nil
}

func (fs *files) release(f *file) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.calls--
}

// evict forgets the file that has not been used for the longest time, of those that
// nobody uses, and returns it to be closed; nil where all are in use.
func (fs *files) evict() *file {
	for e := fs.used.Back(); e != nil; e = e.Prev() {
		f := e.Value.(*file)
		if f.calls == 0 && f.pool.Stats().InUse == 0 {
			fs.forget(f)
			return f
		}
	}
	return nil
}

func (fs *files) forget(f *file) {
	fs.used.Remove(f.place)
	delete(fs.open, f.key)
}

// enter takes a slot for a connection to a file. Where there is none, files that
// nobody uses are closed.
func (fs *files) enter(ctx context.Context, f *file) error {
	select {
	case fs.slots <- struct{}{}:
	default:
		if err := fs.wait(ctx); err != nil {
			return err
		}
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.conns++
	fs.conns.Add(1)
	return nil
}

func (fs *files) wait(ctx context.Context) error {
	fs.waiting.Add(1)
	defer fs.waiting.Add(-1)
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		fs.mu.Lock()
		spare := fs.evict()
		fs.mu.Unlock()
		if spare != nil {
			_ = spare.pool.Close()
		}
		select {
		case fs.slots <- struct{}{}:
			return nil
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave gives the slot of a connection back.
func (fs *files) leave(f *file) {
	<-fs.slots
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.conns--
	if f.conns == 0 && f.drained != nil {
		close(f.drained)
		f.drained = nil
	}
	fs.conns.Done()
}

// remove closes a file and has handles refuse until restore is called. It waits until
// nobody uses the file.
func (fs *files) remove(ctx context.Context, key fileKey) error {
	fs.mu.Lock()
	fs.removed[key] = true
	f := fs.open[key]
	var drained chan struct{}
	if f != nil {
		fs.forget(f)
		if f.conns > 0 {
			drained = make(chan struct{})
			f.drained = drained
		}
	}
	fs.mu.Unlock()
	if f == nil {
		return nil
	}
	_ = f.pool.Close()
	if drained == nil {
		return nil
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ErrInUse
	}
}

func (fs *files) restore(key fileKey) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.removed, key)
}

func (fs *files) close() error {
	fs.mu.Lock()
	fs.closed = true
	var all []*file
	for _, f := range fs.open {
		all = append(all, f)
		fs.forget(f)
	}
	fs.mu.Unlock()
	for _, f := range all {
		_ = f.pool.Close()
	}
	fs.conns.Wait()
	return nil
}

// fileConnector opens connections to one file.
type fileConnector struct {
	files *files
	file  *file
	dsn   string
}

func (c *fileConnector) Driver() driver.Driver { return nil }

func (c *fileConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.files.enter(ctx, c.file); err != nil {
		return nil, err
	}
	inner, err := openFile(ctx, c.dsn, c.file.key.id)
	if err != nil {
		c.files.leave(c.file)
		return nil, err
	}
	return &fileConn{Conn: sqlspace.Conn{Inner: inner}, connector: c}, nil
}

// fileConn is a connection that has a slot.
type fileConn struct {
	sqlspace.Conn
	connector *fileConnector
	closed    sync.Once
}

func (c *fileConn) Close() error {
	err := c.Conn.Close()
	c.closed.Do(func() { c.connector.files.leave(c.connector.file) })
	return err
}

// IsValid reports whether the connection may go back to its pool: it makes room where
// somebody waits.
func (c *fileConn) IsValid() bool { return c.connector.files.waiting.Load() == 0 && c.Conn.IsValid() }
