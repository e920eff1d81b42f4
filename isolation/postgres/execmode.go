package postgres

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// splits reports whether pgx sends a single statement of the pool in two steps that
// the server may take for two transactions. pgx.QueryExecModeDescribeExec prepares
// the unnamed statement, waits, and executes the unnamed statement. A pooler in
// transaction mode gives the second step to a connection where that is the statement
// of somebody else, who may be another tenant.
func splits(pool *pgxpool.Pool) bool {
	return pool.Config().ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec
}

// inOne returns the arguments of a statement with an option for pgx in front that
// keeps it in one step, where it would be two: the server is asked for the types at
// the first use of a statement and no more. An option of the caller's comes behind
// it and wins.
func (d plain) inOne(args []any) []any {
	if !d.split {
		return args
	}
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}
