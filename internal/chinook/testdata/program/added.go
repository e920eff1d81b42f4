// Package added is compiled with the package that is generated for each engine from a
// schema whose tables have a column for the tenant.
package added

import (
	"context"
	"database/sql"

	"example.com/chinook/ENGINE/added/gen"
	"example.com/chinook/show"

	"github.com/tenancygen/tenancygen/runtime"
)

// Run calls the derived methods, and writes down what comes of it.
func Run(ctx context.Context, db *sql.DB, out *show.Transcript) {
	queries := gen.New(show.Shared{DB: db})
	show.CRUD(ctx, func(id string) any {
		return queries.ForTenant(runtime.Tenant{ID: id, Status: runtime.StatusActive})
	}, out)
}
