package ENGINE

import (
	"context"

	"example.com/chinook/ENGINE/gen"
	"example.com/chinook/show"
)

// upsert does nothing: no key of Chinook's holds the tenant, and MySQL's upsert, which goes
// by any key, is refused.
func upsert(context.Context, *gen.TenantQueries, *show.Transcript, int) {}
