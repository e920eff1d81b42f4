package middleware_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// bound is how long a request of a tenant may go on that was suspended. It is what the
// tests wait at most; what they measure is printed when they fail.
const bound = 5 * time.Second

// serve starts a server with one handler behind the middleware, and returns what it
// works with.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *tenants) {
	t.Helper()
	s := newTenants()
	server := httptest.NewServer(wrap(t, middleware.Options{Tenants: s}, h))
	t.Cleanup(server.Close)
	return server, s
}

// ask sends a request as acme. Its connection is not used again.
func ask(t *testing.T, server *httptest.Server, method string, body io.Reader) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*bound)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Tenant-ID", "acme")
	r.Close = true
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// within fails a test when f takes longer than bound.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > bound {
		t.Errorf("%s took %v", what, took)
	}
}

// TestStream is attack case 58 for HTTP: an open stream of server-sent events ends when
// its tenant is suspended, and another tenant's goes on.
func TestStream(t *testing.T) {
	t.Parallel()
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			testStream(t, proto)
		})
	}
}

func testStream(t *testing.T, proto string) {
	next := make(chan struct{})
	s := newTenants()
	h := wrap(t, middleware.Options{Tenants: s}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		flush := w.(http.Flusher)
		for i := 0; ; i++ {
			fmt.Fprintf(w, "data: %d\n\n", i)
			flush.Flush()
			select {
			case <-r.Context().Done():
				if got := context.Cause(r.Context()); !errors.Is(got, runtime.ErrTenantInactive) {
					t.Errorf("the cause is %v", got)
				}
				return
			case <-next:
			}
		}
	})
	server := httptest.NewUnstartedServer(h)
	server.EnableHTTP2 = proto == "HTTP/2.0"
	server.StartTLS()
	t.Cleanup(server.Close)
	first := ask(t, server, http.MethodGet, nil)
	if first.Proto != proto {
		t.Fatalf("the server speaks %s", first.Proto)
	}
	events := bufio.NewReader(first.Body)
	for i := range 3 {
		if line, err := events.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = events.ReadString('\n')
		if i < 2 {
			next <- struct{}{}
		}
	}
	s.suspend(beta.ID) // somebody else's business
	next <- struct{}{}
	if line, err := events.ReadString('\n'); err != nil {
		t.Fatalf("the stream ended with another tenant: %q, %v", line, err)
	}
	s.suspend(acme.ID)
	within(t, "the end of the stream", func() {
		if _, err := io.Copy(io.Discard, events); err != nil {
			t.Errorf("the stream ends with %v", err)
		}
	})
	if resp := ask(t, server, http.MethodGet, nil); resp.StatusCode != middleware.Hidden {
		t.Errorf("and the next request gets %d", resp.StatusCode)
	}
	if s.lent() != 0 {
		t.Errorf("%d loans are left", s.lent())
	}
}

// TestDeaf is attack case 58 for handlers that do not listen to their context: none of
// them sends another byte, or waits for one.
func TestDeaf(t *testing.T) {
	t.Parallel()
	t.Run("it goes on writing", func(t *testing.T) {
		t.Parallel()
		ready, done := make(chan struct{}), make(chan error, 1)
		server, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "first\n")
			_ = http.NewResponseController(w).Flush()
			close(ready)
			<-r.Context().Done() // only so that the test is not a race
			_, err := io.WriteString(w, "second\n")
			done <- err
		})
		resp := ask(t, server, http.MethodGet, nil)
		<-ready
		s.suspend(acme.ID)
		body, err := io.ReadAll(resp.Body)
		if string(body) != "first\n" {
			t.Errorf("the caller got %q", body)
		}
		if err == nil {
			t.Error("the caller takes what was cut off for whole")
		}
		if err := <-done; !errors.Is(err, runtime.ErrTenantInactive) {
			t.Errorf("the handler got %v", err)
		}
	})
	t.Run("it reads a body that does not end", func(t *testing.T) {
		t.Parallel()
		ready := make(chan struct{})
		server, s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			close(ready)
			_, _ = io.Copy(io.Discard, r.Body)
		})
		body, feed := io.Pipe()
		defer feed.Close()
		go func() {
			<-ready
			s.suspend(acme.ID)
		}()
		within(t, "the end of the request", func() {
			if resp := ask(t, server, http.MethodPost, body); resp.StatusCode != middleware.Hidden {
				t.Errorf("the answer is %d", resp.StatusCode)
			}
		})
	})
	t.Run("it writes to a caller who does not read", func(t *testing.T) {
		t.Parallel()
		done := make(chan error, 1)
		server, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			block := make([]byte, 1<<20)
			for {
				if _, err := w.Write(block); err != nil {
					done <- err
					return
				}
			}
		})
		resp := ask(t, server, http.MethodGet, nil)
		defer resp.Body.Close()
		s.suspend(acme.ID)
		within(t, "the end of the handler", func() { <-done })
	})
}

// TestNotStarted holds that a handler that has not answered when its tenant is suspended
// does not answer any more: the caller sees what he would have seen a moment later.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{}, 1)
	server, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ready <- struct{}{}
		<-r.Context().Done()
		w.Header().Set("Set-Cookie", "session=secret")
		w.Header().Set("Content-Length", "1000")
		http.Error(w, "acme's own words", http.StatusTeapot)
	})
	go func() {
		<-ready
		s.suspend(acme.ID)
	}()
	wire := func(resp *http.Response) string {
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		resp.Header.Del("Date")
		return fmt.Sprintf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	during := wire(ask(t, server, http.MethodGet, nil))
	after := wire(ask(t, server, http.MethodGet, nil))
	if during != after || !strings.HasPrefix(during, "404 ") {
		t.Errorf("suspended meanwhile: %s\nsuspended before: %s", during, after)
	}
}

// upgrade opens a WebSocket as far as the middleware is concerned: it sends the
// handshake and reads the answer.
func upgrade(t *testing.T, server *httptest.Server, tenant string) (net.Conn, *bufio.Reader, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * bound))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: h\r\nX-Tenant-ID: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", tenant)
	buf := bufio.NewReader(conn)
	resp, err := http.ReadResponse(buf, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, buf, resp
}

// takeOver answers a handshake and returns the connection, as WebSocket libraries do.
func takeOver(t *testing.T, w http.ResponseWriter) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return nil
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	return conn
}

// TestWebSocket is attack case 58 for a connection that the handler took over: it is
// closed with 1008 when the tenant is suspended, whether its handler waits for it, or
// left it to a goroutine; regressions 4 and 7.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{true, false} {
		t.Run(fmt.Sprintf("handler stays=%v", stays), func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			var s *tenants
			server, all := serve(t, func(w http.ResponseWriter, r *http.Request) {
				conn := takeOver(t, w)
				if conn == nil {
					return
				}
				loop := func() {
					_, err := io.Copy(conn, conn) // it listens to nobody but its peer
					if s.lent() == 0 {
						t.Error("the tenant is not lent to the connection")
					}
					_ = conn.Close()
					_ = conn.Close()
					ended <- err
				}
				if stays {
					loop()
				} else {
					go loop()
				}
			})
			s = all
			conn, buf, resp := upgrade(t, server, "acme")
			if resp.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("the handshake is %s", resp.Status)
			}
			fmt.Fprint(conn, "ping")
			echo := make([]byte, 4)
			if _, err := io.ReadFull(buf, echo); err != nil || string(echo) != "ping" {
				t.Fatalf("%q, %v", echo, err)
			}
			s.suspend(acme.ID)
			var last []byte
			within(t, "the end of the connection", func() { last, _ = io.ReadAll(buf); <-ended })
			if string(last) != "\x88\x02\x03\xf0" {
				t.Errorf("the last frame is % x, want a close with 1008", last)
			}
			if strings.Contains(string(last), "HTTP") {
				t.Errorf("an HTTP answer came after the handshake: %q", last)
			}
		})
	}
	// Before the handshake there is no WebSocket: the answer is that of HTTP.
	server, s := serve(t, func(w http.ResponseWriter, _ *http.Request) { t.Error("the handler is called") })
	s.suspend(acme.ID)
	if _, _, resp := upgrade(t, server, "acme"); resp.StatusCode != middleware.Hidden {
		t.Errorf("the handshake of a suspended tenant is %s", resp.Status)
	}
}

// TestHijackAfterwards holds that nobody takes over a connection for a tenant that may
// not act any more.
func TestHijackAfterwards(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	got := make(chan error, 1)
	server, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		close(ready)
		<-r.Context().Done()
		_, _, err := http.NewResponseController(w).Hijack()
		got <- err
	})
	go func() {
		<-ready
		s.suspend(acme.ID)
	}()
	if _, _, resp := upgrade(t, server, "acme"); resp.StatusCode != middleware.Hidden {
		t.Errorf("the handshake is %s", resp.Status)
	}
	if err := <-got; !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("Hijack: %v", err)
	}
}

// TestKeepAlive holds that a connection is as good as new after a request on it was cut
// short or ended early: no deadline is left on it.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{}, 2)
	server, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tenant, _ := runtime.FromContext(r.Context())
		if tenant.ID == beta.ID {
			if err := r.Context().Err(); err != nil {
				t.Errorf("the next request on the connection has a context that is over: %v", err)
			}
			return
		}
		_ = http.NewResponseController(w).Flush()
		ready <- struct{}{}
		<-r.Context().Done()
	})
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * bound))
	buf := bufio.NewReader(conn)
	go func() {
		<-ready
		s.suspend(acme.ID)
	}()
	for _, tenant := range []string{"acme", "beta-co"} {
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: h\r\nX-Tenant-ID: %s\r\n\r\n", tenant)
		resp, err := http.ReadResponse(buf, nil)
		if err != nil {
			if tenant == "beta-co" && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
				return // net/http closed it, which is as good
			}
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", tenant, resp.Status, err)
		}
	}
}

// TestNextRequest has a client send its next request, for another tenant, after one with a
// body was ended: wherever it goes, its context is not over before it begins.
func TestNextRequest(t *testing.T) {
	t.Parallel()
	for _, flush := range []bool{true, false} {
		ready := make(chan struct{})
		server, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			tenant, _ := runtime.FromContext(r.Context())
			if tenant.ID == beta.ID {
				if err := r.Context().Err(); err != nil {
					t.Errorf("flushed %v: the next request has a context that is over: %v", flush, err)
				}
				return
			}
			if flush {
				_ = http.NewResponseController(w).Flush()
			}
			close(ready)
			<-r.Context().Done()
		})
		go func() {
			<-ready
			s.suspend(acme.ID)
		}()
		for _, tenant := range []string{"acme", "beta-co"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("a body"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Tenant-ID", tenant)
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if want := map[bool]int{true: http.StatusOK, false: middleware.Hidden}[flush || tenant == "beta-co"]; resp.StatusCode != want {
				t.Errorf("flushed %v, %s: %s", flush, tenant, resp.Status)
			}
		}
	}
}
