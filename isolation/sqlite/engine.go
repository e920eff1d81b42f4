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
	rows, err := q.QueryContext(ctx, `SELECT name, lower(type), "notnull" OR pk > 0 FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1`, table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []runtime.Column
	for rows.Next() {
		var c runtime.Column
		if err := rows.Scan(&c.Name, &c.Type, &c.NotNull); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}
