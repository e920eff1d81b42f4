package certify_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// FuzzCheck checks that no text makes Check panic or gives it places outside of
// the text, and what has to hold whatever the text is: a certified statement is
// anchored by its own tenant parameter and by no other number, a second look finds
// the same, and putting a statement into another one makes it neither better nor
// worse.
func FuzzCheck(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.sql, 1)
	}
	for _, tt := range rejected {
		f.Add(tt.sql, 1)
	}
	cat := specCatalog(f)
	f.Fuzz(func(t *testing.T, sql string, tenant int) {
		r := certify.Check(sql, tenant, cat)
		for _, finding := range r.Findings {
			if finding.Pos < 0 || finding.Pos > len(sql) {
				t.Errorf("finding at %d of %d: %s", finding.Pos, len(sql), finding.Message)
			}
		}
		scoped := false
		for _, ref := range r.References {
			if ref.Pos < 0 || ref.Pos >= len(sql) {
				t.Errorf("reference at %d of %d", ref.Pos, len(sql))
			}
			global := ref.Table.Tenancy.Class == "global"
			scoped = scoped || !global
			if len(r.Findings) == 0 && global != (ref.Anchor == "") {
				t.Errorf("certified with the anchor %q for %s", ref.Anchor, ref.Table.Name)
			}
		}
		if diff := cmp.Diff(describe(r), describe(certify.Check(sql, tenant, cat))); diff != "" {
			t.Errorf("a second look finds something else:\n%s", diff)
		}
		for _, other := range []int{0, tenant + 1000} {
			if scoped && len(r.Findings) == 0 && len(certify.Check(sql, other, cat).Findings) == 0 {
				t.Errorf("certified for the tenant parameter $%d, and for $%d", tenant, other)
			}
		}
		if _, err := parse.PostgreSQL.Statement(sql); err != nil {
			return // a text that is no statement may be one with more around it
		}
		inside := certify.Check("WITH some_name AS (\n"+sql+"\n) SELECT 1", tenant, cat)
		if alone, nested := len(r.Findings) == 0, len(inside.Findings) == 0; nested && !alone {
			t.Errorf("refused alone (%v), and certified inside a common table expression", r.Findings)
		}
	})
}

// describe is a result as text.
func describe(r *certify.Result) []string {
	var out []string
	for _, ref := range r.References {
		out = append(out, fmt.Sprintf("%s %s at %d, written %v: %s", ref.Table.QualifiedName(), ref.Alias, ref.Pos, ref.Written, ref.Anchor))
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%d: %s", f.Pos, f.Message))
	}
	return out
}
