package middleware

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// lentConn is a connection that a handler took over, with the tenant that is lent to it
// until it is closed.
type lentConn struct {
	net.Conn
	end func()
}

// lend returns a connection that is closed when ctx ends, and calls release when its
// owner closes it. Who waits for the tenant's work to end waits for the owner, so
// closing it from here does not count.
func lend(ctx context.Context, conn net.Conn, release func(), webSocket bool) net.Conn {
	stop := context.AfterFunc(ctx, func() {
		_ = conn.SetWriteDeadline(time.Now().Add(grace))
		if webSocket {
			_, _ = conn.Write(policyClose) // as a courtesy: it is closed all the same
		}
		_ = conn.Close()
	})
	return &lentConn{Conn: conn, end: sync.OnceFunc(func() { stop(); release() })}
}

// policyClose is the frame with which a server ends a WebSocket for reasons of policy:
// FIN and opcode 8, two bytes, the code 1008 (RFC 6455, sections 5.2 and 7.4.1).
var policyClose = []byte{0x88, 0x02, 0x03, 0xf0}

// Close closes the connection and gives the tenant back.
func (c *lentConn) Close() error {
	defer c.end()
	return c.Conn.Close()
}

// isWebSocket reports whether a request asks for a WebSocket.
func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
