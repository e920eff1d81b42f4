package certify_test

import (
	"slices"
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// TestCheckCopy says what may be copied: rows of a table that carries the tenant,
// with the tenant in that column and no foreign key that would have to be looked
// up.
func TestCheckCopy(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for name, test := range map[string]struct {
		table   ir.Name
		columns []string
		tenant  string
		refused bool
	}{
		"tenant's":               {ir.Name{Name: "o"}, []string{"id", "k"}, "t", false},
		"with its schema":        {ir.Name{Schema: "public", Name: "o"}, []string{"id"}, "t", false},
		"partition":              {ir.Name{Name: "parts_1"}, []string{"id"}, "t", false},
		"shared rows":            {ir.Name{Name: "sh"}, []string{"id"}, "t", false},
		"key that holds t":       {ir.Name{Name: "ord"}, []string{"id", "oid"}, "t", false},
		"open key left out":      {ir.Name{Name: "li"}, []string{"id"}, "t", false},
		"global":                 {ir.Name{Name: "g"}, []string{"id"}, "", false},
		"no tenant":              {ir.Name{Name: "o"}, []string{"id"}, "", true},
		"caller's tenant":        {ir.Name{Name: "o"}, []string{"id", "t"}, "", true},
		"tenant in another":      {ir.Name{Name: "o"}, []string{"id", "t"}, "k", true},
		"tenant of another kind": {ir.Name{Name: "offer"}, []string{"id", "t"}, "buyer", true},
		"open key":               {ir.Name{Name: "li"}, []string{"id", "oid"}, "t", true},
		"crossed key":            {ir.Name{Name: "bid"}, []string{"id", "oid"}, "t", true},
		"child":                  {ir.Name{Name: "ch"}, []string{"id", "pid"}, "", true},
		"child with a tenant":    {ir.Name{Name: "ch"}, []string{"id", "pid"}, "v", true},
		"view":                   {ir.Name{Name: "vo"}, []string{"id"}, "t", true},
		"excluded":               {ir.Name{Name: "secret"}, []string{"id"}, "t", true},
		"unknown":                {ir.Name{Name: "other"}, []string{"id"}, "t", true},
		"other schema":           {ir.Name{Schema: "s", Name: "o"}, []string{"id"}, "t", true},
		"of the system":          {ir.Name{Name: "pg_class"}, []string{"id"}, "t", true},
		"name with SQL in it":    {ir.Name{Name: `o" (id) SELECT 1 --`}, []string{"id"}, "t", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := certify.CheckCopy(test.table, test.columns, test.tenant, cat)
			if refused := len(result.Findings) > 0; refused != test.refused {
				t.Errorf("refused: %v, findings %v", refused, result.Findings)
			}
			if !test.refused && !slices.ContainsFunc(result.References, func(r certify.Reference) bool { return r.Written }) {
				t.Error("no table is written")
			}
		})
	}
}
