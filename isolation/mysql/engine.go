package mysql

import (
	"context"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// engine is MySQL, with what tenants share in the connection's own database.
var engine = sqlspace.Engine{
	Name:   "mysql",
	Shared: namespace.Space{Backticks: true},
	Requires: []sqlspace.Requirement{
		sqlspace.ForeignKeys("SELECT @@foreign_key_checks"),
		{Name: "strict mode", Query: "SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%' OR @@sql_mode LIKE '%STRICT_TRANS_TABLES%'",
			Without: "the sql_mode of the session is not strict: an id that is longer than the tenant column is cut, and may be another tenant's then; add STRICT_ALL_TABLES to sql_mode"},
	},
	Columns: columns,
	Table:   wrongTable,
}

func columns(ctx context.Context, q sqlspace.Querier, schema, table string) ([]runtime.Column, error) {
	return sqlspace.QueryColumns(ctx, q, `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'NO' FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND LOWER(TABLE_NAME) = LOWER(?) ORDER BY ORDINAL_POSITION`, schema, table)
}
