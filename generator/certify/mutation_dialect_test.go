package certify_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/dialect"
)

const twoAnchors = "it has two anchors, the key of the tenant's parent and EXISTS: each alone is enough"

// equivalentsOfDialects are how many mutants of a statement are rightly accepted, and why.
var equivalentsOfDialects = map[string]struct {
	mutants int
	why     string
}{
	`SELECT * FROM par AS p LEFT JOIN ch ON ch.pid = p.id AND EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1) WHERE p.t = $1`: {17, twoAnchors},
	`SELECT * FROM par STRAIGHT_JOIN o ON o.q = par.id WHERE par.t = $1 AND o.t = $1`:                                                         {2, innerJoin},
	`UPDATE o JOIN par ON par.id = o.q SET o.q = 1 WHERE o.t = $1 AND par.t = $1`:                                                             {2, innerJoin},
	`DELETE o FROM o JOIN par ON par.id = o.q WHERE o.t = $1 AND par.t = $1`:                                                                  {2, innerJoin},
}

// TestMutantsOfDialects mutates statements of the other databases.
func TestMutantsOfDialects(t *testing.T) {
	t.Parallel()
	for _, d := range []struct {
		name     string
		dialect  dialect.Dialect
		schema   string
		accepted []string
	}{
		{"sqlite", dialect.SQLite, sqliteSchema, sqliteAccepted},
		{"mysql", dialect.MySQL, mySQLSchema, mySQLAccepted},
	} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			cat := dialectCatalog(t, d.dialect, d.schema)
			total, equal := 0, 0
			for _, sql := range d.accepted {
				var survive []mutant
				for _, m := range mutants(sql) {
					total++
					if len(certify.Check(m.sql, 1, cat).Findings) == 0 {
						survive = append(survive, m)
					}
				}
				equal += len(survive)
				if want := equivalentsOfDialects[sql]; len(survive) != want.mutants {
					t.Errorf("%d mutants survive, and %d should, because of %q: %s", len(survive), want.mutants, want.why, sql)
					for _, m := range survive {
						t.Logf("%s: %s", m.what, m.sql)
					}
				}
			}
			t.Logf("%d mutants, %d rejected, %d equivalent", total, total-equal, equal)
		})
	}
}
