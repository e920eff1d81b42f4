package postgres

import (
	"errors"
	"fmt"

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

// ErrPreparedElsewhere is what the server's error is wrapped with where it does not
// know a prepared statement, or knows it already. That is how a pooler in transaction
// mode shows itself that does not carry prepared statements from one connection to another.
// Not every such error has it: rows have the server's own.
var ErrPreparedElsewhere = errors.New("tenancy: the prepared statement is of another connection: " +
	"behind PgBouncer in transaction mode use default_query_exec_mode=cache_describe, " +
	"or PgBouncer 1.21 or later with max_prepared_statements")

// explained adds ErrPreparedElsewhere to an error that needs it.
func explained(err error) error {
	const unknownStatement, duplicateStatement = "26000", "42P05"
	if err != nil && (hasCode(err, unknownStatement) || hasCode(err, duplicateStatement)) {
		return fmt.Errorf("%w: %w", ErrPreparedElsewhere, err)
	}
	return err
}
