package places_test

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// TestMissingSlotsAreSeen takes a slot after the other from the statements, with tables
// without prefix standing there, as they do behind a change of the strategy. The program
// has other answers then, or an error.
func TestMissingSlotsAreSeen(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name+"/none", func(t *testing.T) {
			t.Parallel()
			p, db := e.provider(t, runtime.StrategyPrefix, e.layout)
			e.fill(t, db, true)
			if err := play(t.Context(), p, e.application(p)); err != nil {
				t.Error(err)
			}
		})
		for i, text := range e.layout.Statements {
			for j := range text.Slots {
				name, _, _ := strings.Cut(strings.TrimPrefix(text.SQL, "-- name: "), " ")
				t.Run(e.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					broken := e.layout
					broken.Statements = slices.Clone(broken.Statements)
					broken.Statements[i].Slots = slices.Delete(slices.Clone(text.Slots), j, j+1)
					p, db := e.provider(t, runtime.StrategyPrefix, broken)
					e.fill(t, db, true)
					if err := play(t.Context(), p, e.application(p)); err == nil {
						t.Errorf("nobody has seen that a slot is missing: %+v", text.Slots[j])
					}
				})
			}
		}
	}
}

// harmless are the statements whose predicate is needed by none: the key that is in the
// way holds the tenant.
var harmless = map[string]bool{"sqlite/PutProject": true}

// TestMissingPredicatesAreSeen takes the predicates from a statement after the other,
// where tenants share tables.
func TestMissingPredicatesAreSeen(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for _, text := range e.layout.Statements {
			name, _, _ := strings.Cut(strings.TrimPrefix(text.SQL, "-- name: "), " ")
			if !predicate.MatchString(text.SQL) || harmless[e.name+"/"+name] {
				continue
			}
			t.Run(e.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				p, db := e.provider(t, runtime.StrategyRow, e.layout)
				e.fill(t, db, true)
				p = unfiltered{p, name}
				if err := play(t.Context(), p, e.application(p)); err == nil {
					t.Error("nobody has seen that the predicate is missing")
				}
			})
		}
	}
}

// predicate is what ties a table to the tenant.
var predicate = regexp.MustCompile("`?[a-zA-Z_0-9]+`?\\.tenant_id = \\?")

// unfiltered is a provider whose handles take the predicates from one statement.
type unfiltered struct {
	sqldb.Isolation
	name string
}

func (p unfiltered) For(t runtime.Tenant) sqldb.DB {
	return unfilteredDB{p.Isolation.For(t), "-- name: " + p.name + " "}
}

type unfilteredDB struct {
	sqldb.DB
	start string
}

func (d unfilteredDB) without(query string) string {
	if strings.HasPrefix(query, d.start) {
		return predicate.ReplaceAllString(query, "? IS NOT NULL")
	}
	return query
}

func (d unfilteredDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.DB.ExecContext(ctx, d.without(query), args...)
}

func (d unfilteredDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.DB.QueryContext(ctx, d.without(query), args...)
}

func (d unfilteredDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.DB.QueryRowContext(ctx, d.without(query), args...)
}
