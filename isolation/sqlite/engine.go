package sqlite

import (
	"context"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// engine is SQLite. The main database is named, so that no temporary table, which
// would come first, is taken for a tenant's.
var engine = sqlspace.Engine{
	Name:     "sqlite",
	Shared:   namespace.Space{Schema: "main"},
	Defer:    "PRAGMA defer_foreign_keys = on",
	Requires: []sqlspace.Requirement{sqlspace.ForeignKeys("PRAGMA foreign_keys")},
	Columns:  columns,
}

func columns(ctx context.Context, q sqlspace.Querier, _, table string) ([]runtime.Column, error) {
	return sqlspace.QueryColumns(ctx, q, `SELECT name, lower(type), "notnull" OR pk > 0 FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1`, table)
}
