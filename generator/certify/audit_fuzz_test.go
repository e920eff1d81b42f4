package certify_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// FuzzAudit checks that no statement makes Audit panic, that it sees the same
// twice, and that what Check proves is anchored for it, too.
func FuzzAudit(f *testing.F) {
	for _, tt := range authored {
		f.Add(tt.sql)
	}
	for _, tt := range accepted {
		f.Add(tt.sql)
	}
	for _, tt := range rejected {
		f.Add(tt.sql)
	}
	cat := specCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := parse.PostgreSQL(sql)
		if err != nil {
			return
		}
		type seen struct {
			Name, Anchor string
			Strength     certify.Strength
		}
		look := func(q *parse.Query) (out []seen) {
			for _, ref := range certify.Audit(sql, q, cat).References {
				if ref.Ref.Start < 0 || ref.Ref.Start >= len(sql) || ref.Reassigned >= len(sql) {
					t.Errorf("a reference lies outside of the statement")
				}
				out = append(out, seen{ref.Ref.Visible(), ref.Anchor, ref.Strength})
			}
			return out
		}
		first := look(q)
		again, _ := parse.PostgreSQL(sql)
		if diff := cmp.Diff(first, look(again)); diff != "" {
			t.Errorf("a second look finds something else:\n%s", diff)
		}
		if len(certify.Check(sql, 1, cat).Findings) > 0 {
			return
		}
		if i := slices.IndexFunc(first, func(s seen) bool { return s.Strength != certify.Anchored }); i >= 0 {
			t.Errorf("certified, but %s is not anchored for Audit", first[i].Name)
		}
	})
}
