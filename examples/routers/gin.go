package routers

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// Gin is the service on gin. Where every route needs a tenant there is an easier way,
// which needs no adapter: tenancy(engine).
func Gin(tenancy Middleware) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/health", func(c *gin.Context) { c.Status(http.StatusOK) })
	tenants := engine.Group("", ginHandler(tenancy))
	tenants.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, tenantOf(c.Request)) })
	tenants.GET("/events", func(c *gin.Context) { events(c.Writer, c.Request) })
	tenants.GET("/broken", func(c *gin.Context) { middleware.Error(c.Writer, c.Request, errDatabase) })
	return engine
}

// ginHandler makes gin's kind of middleware of net/http's.
func ginHandler(mw Middleware) gin.HandlerFunc {
	return func(c *gin.Context) {
		writer, passed := c.Writer, false
		mw(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request, c.Writer = r, ginWriter{writer, w}
			c.Next()
		})).ServeHTTP(writer, c.Request)
		c.Writer = writer
		if !passed {
			c.Abort()
		}
	}
}

// ginWriter is gin's writer over the one of the middleware, which sends nothing more
// once the tenant may not act.
type ginWriter struct {
	gin.ResponseWriter
	w http.ResponseWriter
}

func (g ginWriter) Write(b []byte) (int, error)       { return g.w.Write(b) }
func (g ginWriter) WriteString(s string) (int, error) { return io.WriteString(g.w, s) }
func (g ginWriter) WriteHeader(status int)            { g.w.WriteHeader(status) }
func (g ginWriter) Flush()                            { _ = http.NewResponseController(g.w).Flush() }
func (g ginWriter) Unwrap() http.ResponseWriter       { return g.w }
func (g ginWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(g.w).Hijack()
}
