package equivalence

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// frozenSchema hides functions of PostgreSQL whose results differ from run to
// run. It stands before pg_catalog in the search path.
const frozenSchema = `
CREATE SCHEMA frozen;
CREATE SEQUENCE frozen.uuids;
CREATE FUNCTION frozen.gen_random_uuid() RETURNS uuid VOLATILE LANGUAGE sql AS
	$$ SELECT pg_catalog.md5(pg_catalog.nextval('frozen.uuids')::text)::uuid $$;
CREATE FUNCTION frozen.now() RETURNS timestamptz STABLE LANGUAGE sql AS
	$$ SELECT timestamptz '2026-03-04 05:06:07.89+00' $$;
CREATE FUNCTION frozen.transaction_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT frozen.now() $$;
CREATE FUNCTION frozen.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT frozen.now() $$;
CREATE FUNCTION frozen.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS $$ SELECT frozen.now() $$;
`

const searchPath = "SET search_path = frozen, pg_catalog, public"

// settings make a session's plans the same on both sides: tables are read in
// the order of their rows and joined in the order of the text. The scoped
// statement would otherwise take an index that the author's does not, and rows
// that have no order would come in another one.
const settings = searchPath + `;
SET TimeZone = 'UTC';
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_hashagg = off;
SET enable_material = off;
SET enable_memoize = off;
SET join_collapse_limit = 1;
SET from_collapse_limit = 1;
SET max_parallel_workers_per_gather = 0;
SET synchronize_seqscans = off;
SET jit = off;
SET statement_timeout = '5s';
SET plan_cache_mode = force_generic_plan`

// resetSequences puts every sequence where no row of the data is, and where sums
// of its numbers do not overflow. Sequences do not roll back.
const resetSequences = `
SELECT pg_catalog.setval(c.oid::regclass, least(s.seqmax / 2, 500000000))
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid
WHERE c.relkind = 'S'`

// freeze makes a database repeatable: the frozen functions, also in the defaults
// of columns, and the sequences.
func freeze(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, frozenSchema); err != nil {
		return err
	}
	// Printed before the frozen functions are in the path, so that the names come
	// without their schema and mean the frozen ones afterwards.
	rows, err := conn.Query(ctx, `
		SELECT d.adrelid::regclass::text, pg_catalog.quote_ident(a.attname), pg_catalog.pg_get_expr(d.adbin, d.adrelid)
		FROM pg_catalog.pg_attrdef AS d
		JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
		WHERE a.attgenerated = ''`)
	if err != nil {
		return err
	}
	type def struct{ Table, Column, Expr string }
	defaults, err := pgx.CollectRows(rows, pgx.RowToStructByPos[def])
	if err != nil {
		return err
	}
	var sql strings.Builder
	sql.WriteString(searchPath)
	for _, d := range defaults {
		if strings.Contains(d.Expr, "(") {
			sql.WriteString(";\nALTER TABLE " + d.Table + " ALTER COLUMN " + d.Column + " SET DEFAULT " + d.Expr)
		}
	}
	sql.WriteString(";\n" + resetSequences)
	_, err = conn.Exec(ctx, sql.String())
	return err
}
