package certify_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
)

// FuzzCheck checks that no text makes Check panic or gives it places outside of
// the text, and that without a tenant parameter nothing of a tenant's is
// certified.
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
		for _, ref := range r.References {
			if ref.Pos < 0 || ref.Pos >= len(sql) {
				t.Errorf("reference at %d of %d", ref.Pos, len(sql))
			}
			if global := ref.Table.Tenancy.Class == "global"; len(r.Findings) == 0 && global != (ref.Anchor == "") {
				t.Errorf("certified with the anchor %q for %s", ref.Anchor, ref.Table.Name)
			}
		}
	})
}
