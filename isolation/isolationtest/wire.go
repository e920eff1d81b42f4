package isolationtest

import (
	"context"
	"encoding/binary"
	"net"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Wire counts the round trips of connections by looking at their bytes, so that
// the numbers are exact and need no clock. The connections must not be
// encrypted.
//
// It is made by NewWire and safe for concurrent use; the numbers mean something
// for as long as one connection is used at a time.
type Wire struct {
	mu     sync.Mutex
	counts Counts
}

// Counts are what has passed a Wire. Where a driver waits for each of its
// messages, the two numbers are the same.
type Counts struct {
	// Ready are the server's ReadyForQuery messages: one for each Sync or simple
	// query, so for each implicit transaction at most.
	Ready int
	// Turns are how often the client began to send after it had received.
	Turns int
}

// NewWire returns a Wire on the connections that are made from config after the
// call.
func NewWire(config *pgx.ConnConfig) *Wire {
	w := &Wire{}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wireConn{Conn: conn, wire: w, received: true}, nil
	}
	return w
}

// Counts returns what has passed since w was made.
func (w *Wire) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

// Count returns what passes while f runs.
func (w *Wire) Count(f func() error) (Counts, error) {
	before := w.Counts()
	err := f()
	after := w.Counts()
	return Counts{Ready: after.Ready - before.Ready, Turns: after.Turns - before.Turns}, err
}

// wireConn is a connection that is watched.
type wireConn struct {
	net.Conn
	wire *Wire

	// Guarded by wire.mu.
	received bool // since the last write
	header   []byte
	skip     int // bytes left of the current message's body
}

func (c *wireConn) Write(b []byte) (int, error) {
	c.wire.mu.Lock()
	if c.received {
		c.received = false
		c.wire.counts.Turns++
	}
	c.wire.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *wireConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.wire.mu.Lock()
		c.received = true
		c.scan(b[:n])
		c.wire.mu.Unlock()
	}
	return n, err
}

// scan follows the server's messages, each of them a type, a length that counts
// itself, and a body. They may be cut anywhere.
func (c *wireConn) scan(b []byte) {
	const headerSize = 5
	for len(b) > 0 {
		if c.skip > 0 {
			n := min(c.skip, len(b))
			c.skip -= n
			b = b[n:]
			continue
		}
		n := min(headerSize-len(c.header), len(b))
		c.header = append(c.header, b[:n]...)
		b = b[n:]
		if len(c.header) == headerSize {
			if c.header[0] == 'Z' {
				c.wire.counts.Ready++
			}
			c.skip = int(binary.BigEndian.Uint32(c.header[1:])) - (headerSize - 1)
			c.header = c.header[:0]
		}
	}
}
