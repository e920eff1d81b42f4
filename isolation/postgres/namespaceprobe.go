package postgres

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// findProbe makes a second namespace, as it would be made for another tenant, and
// looks whether what is sent for that one, and for the tenant, reaches the tables of
// the one and not of the other. All of it is rolled back.
func (v *verification) findProbe(ctx context.Context, tx pgx.Tx) (problems, error) {
	other := v.space
	stranger := uuid.NewString()
	if other.Prefix != "" {
		other.Prefix, _ = namespace.Prefix(stranger)
	} else {
		other.Schema, _ = namespace.Schema(stranger)
	}
	var found problems
	failed, err := attempt(ctx, tx, func() error {
		theirs, err := v.build(ctx, tx, other)
		if err != nil {
			return err
		}
		if err := loosen(ctx, tx, theirs); err != nil {
			return err
		}
		for _, table := range v.own() {
			problem, err := v.probe(ctx, tx, other, theirs, table.Name)
			if err != nil {
				return err
			}
			if problem != "" {
				found.addf("table %s: %s", table.Name, problem)
			}
		}
		return nil
	})
	if failed != "" {
		found.addf("a second namespace cannot be tried: %s", failed)
	}
	return found, err
}

// loosen takes everything from the tables of the second namespace that could refuse a
// row without values.
func loosen(ctx context.Context, tx pgx.Tx, theirs []object) error {
	rows, err := tx.Query(ctx, `
		SELECT 'ALTER TABLE ' || c.oid::regclass || ' DISABLE TRIGGER USER', 0
		  FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p')
		UNION ALL
		SELECT 'ALTER TABLE ' || k.conrelid::regclass || ' DROP CONSTRAINT IF EXISTS ' || pg_catalog.quote_ident(k.conname) || ' CASCADE', 1
		  FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.coninhcount = 0 AND k.conparentid = 0
		UNION ALL
		SELECT 'ALTER TABLE ' || a.attrelid::regclass || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) || ' DROP NOT NULL', 2
		  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		 WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		   AND a.attnum > 0 AND a.attnotnull AND a.attidentity = '' AND NOT a.attisdropped AND a.attinhcount = 0
		 ORDER BY 2, 1`, oids(theirs))
	if err != nil {
		return err
	}
	var script []string
	var sql string
	var order int
	if _, err := pgx.ForEachRow(rows, []any{&sql, &order}, func() error {
		script = append(script, sql)
		return nil
	}); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, strings.Join(script, ";\n"))
	return err
}

// probe tries one table of the layout.
func (v *verification) probe(ctx context.Context, tx pgx.Tx, other namespace.Space, theirs []object, table string) (string, error) {
	for _, side := range []struct {
		space   namespace.Space
		objects []object
	}{{v.space, v.objects}, {other, theirs}} {
		oid, err := v.reached(ctx, tx, side.space, table)
		if err != nil {
			return "", err
		}
		for _, o := range oid {
			if !contains(side.objects, o) {
				return "its name leads out of " + side.space.Schema + side.space.Prefix, nil
			}
		}
	}
	for _, o := range theirs {
		if o.Name != other.Relation(table) || o.Kind != kindTable {
			continue
		}
		problem, err := written(ctx, tx, other.Qualified(table), o.OID)
		if problem != "" || err != nil {
			return problem, err
		}
	}
	return "", nil
}

// reached returns the relations that a name of the layout leads to: as it is sent, and
// as hand-written SQL finds it. Zero is none.
func (v *verification) reached(ctx context.Context, tx pgx.Tx, space namespace.Space, table string) ([]uint32, error) {
	const find = "SELECT coalesce(pg_catalog.to_regclass($1), 0::oid)::oid"
	oids := make([]uint32, 1, 2)
	if err := tx.QueryRow(ctx, find, space.Qualified(table)).Scan(&oids[0]); err != nil || space.Prefix != "" {
		return oids, err
	}
	var before string
	if err := tx.QueryRow(ctx, "SELECT pg_catalog.current_setting('search_path')").Scan(&before); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, setPath, spaceDB{v.namespaces, space}.searchPath()); err != nil {
		return nil, err
	}
	oids = append(oids, 0)
	if err := tx.QueryRow(ctx, find, namespace.Quote(table)).Scan(&oids[1]); err != nil {
		return nil, err
	}
	_, err := tx.Exec(ctx, setPath, before)
	return oids, err
}

// written writes a row and says where else it, or any other row, is found.
func written(ctx context.Context, tx pgx.Tx, name string, oid uint32) (string, error) {
	var in uint32
	code, message, err := attemptCode(ctx, tx, func() error {
		if err := tx.QueryRow(ctx, "INSERT INTO "+name+" DEFAULT VALUES RETURNING tableoid").Scan(&in); err != nil {
			return err
		}
		if in != oid {
			return nil
		}
		var all bool
		if err := tx.QueryRow(ctx, "SELECT count(*) = 1 AND bool_and(tableoid = $1) FROM "+name, oid).Scan(&all); err != nil {
			return err
		}
		if !all {
			in = 0
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(code, "23"):
		return "", nil // a row without values is refused, as by a domain
	case code != "":
		return "a row cannot be tried: " + message, nil
	case in != oid:
		return "a row that is written for one tenant is not in its table alone", nil
	}
	return "", nil
}
