package proxy

import (
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

// message is how many bytes the server of the test waits for before it answers.
const message = 100

// echo answers every message with the same.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				buffer := make([]byte, message)
				for {
					if _, err := io.ReadFull(c, buffer); err != nil {
						return
					}
					if _, err := c.Write(buffer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestProxy counts what the client waited for, and sees that it waited.
func TestProxy(t *testing.T) {
	t.Parallel()
	const delay, rounds = 2 * time.Millisecond, 5
	p, err := Listen("tcp", echo(t), delay)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port())))
	if err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, message)
	begin := time.Now()
	for range rounds {
		// Two writes without reading are one round trip.
		for range 2 {
			if _, err := client.Write(buffer[:message/2]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := io.ReadFull(client, buffer); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < rounds*delay {
		t.Errorf("%d round trips took %v, less than %v each", rounds, took, delay)
	}
	if got := p.Turns(); got != rounds {
		t.Errorf("%d round trips were counted, want %d", got, rounds)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.Read(buffer); err == nil {
		t.Error("the connection outlives the proxy")
	}
}
