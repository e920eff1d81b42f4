// Package proxy stands between a client and PostgreSQL, adds a round trip time,
// and counts round trips.
package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy is a proxy on a free port of 127.0.0.1. It is made by Listen and is safe
// for concurrent use.
type Proxy struct {
	listener        net.Listener
	network, target string
	delay           time.Duration
	turns           atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once closed
	group sync.WaitGroup
}

// Listen returns a proxy to the server at the address, on which every round trip
// takes longer by delay. The caller closes it.
func Listen(network, target string, delay time.Duration) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, network: network, target: target, delay: delay, conns: map[net.Conn]struct{}{}}
	p.group.Go(p.accept)
	return p, nil
}

// Port returns the port that clients connect to.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Turns returns how often a client has begun to send after it had received: the
// round trips so far, those of connecting included.
func (p *Proxy) Turns() int64 { return p.turns.Load() }

// Close ends all connections and returns when nothing of the proxy runs.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	conns := p.conns
	p.conns = nil
	p.mu.Unlock()
	for c := range conns {
		_ = c.Close()
	}
	p.group.Wait()
	return err
}

// keep notes a connection that Close has to end; false after Close.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		_ = c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) drop(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.keep(client) {
			return
		}
		p.group.Go(func() { p.serve(client) })
	}
}

// parcel is what a client sent at once.
type parcel struct {
	data []byte
	due  time.Time
}

// serve runs one connection. The whole delay is on the way to the server: a round
// trip takes as long as with half of it on each way, and one goroutine waits
// instead of two. What is on its way does not hold up what follows it.
func (p *Proxy) serve(client net.Conn) {
	defer p.drop(client)
	server, err := net.Dial(p.network, p.target)
	if err != nil || !p.keep(server) {
		return
	}
	defer p.drop(server)

	// The first message of a client counts as well.
	var received atomic.Bool
	received.Store(true)

	var group sync.WaitGroup
	parcels := make(chan parcel, 1024)
	group.Go(func() { p.deliver(server, parcels) })
	group.Go(func() {
		// The server is done, so the client is as well.
		defer func() { _ = client.Close() }()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if n > 0 {
				received.Store(true)
				if _, err := client.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	})
	for {
		buffer := make([]byte, 16<<10)
		n, err := client.Read(buffer)
		if n > 0 {
			if received.Swap(false) {
				p.turns.Add(1)
			}
			parcels <- parcel{buffer[:n], time.Now().Add(p.delay)}
		}
		if err != nil {
			break
		}
	}
	close(parcels)
	group.Wait()
}

// deliver writes each parcel when it is due, and ends the connection to the server
// after the last one.
func (p *Proxy) deliver(server net.Conn, parcels <-chan parcel) {
	defer func() { _ = server.Close() }()
	if p.delay > 0 {
		defer exactTimers()()
	}
	var failed error
	for next := range parcels {
		if p.delay > 0 {
			sleepUntil(next.due)
		}
		if failed != nil {
			continue // the channel has to be emptied for its sender
		}
		_, failed = server.Write(next.data)
		if failed != nil && !errors.Is(failed, net.ErrClosed) && !errors.Is(failed, io.EOF) {
			_ = server.Close()
		}
	}
}
