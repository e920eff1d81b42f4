package routers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/tenancygen/tenancygen/runtime/middleware"
)

// Echo is the service on echo, which adapts the middleware of net/http itself. Errors
// that handlers return go to middleware.Error, but for echo's own.
func Echo(tenancy Middleware) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		var own *echo.HTTPError
		if errors.As(err, &own) {
			e.DefaultHTTPErrorHandler(err, c)
			return
		}
		middleware.Error(c.Response(), c.Request(), err)
	}
	e.GET("/health", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	tenants := e.Group("", echo.WrapMiddleware(tenancy))
	tenants.GET("/me", func(c echo.Context) error { return c.String(http.StatusOK, tenantOf(c.Request())) })
	tenants.GET("/events", func(c echo.Context) error {
		events(c.Response(), c.Request())
		return nil
	})
	tenants.GET("/broken", func(echo.Context) error { return errDatabase })
	return e
}
