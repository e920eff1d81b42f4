package certify_test

import (
	"fmt"
	"testing"

	"github.com/tenancygen/tenancygen/generator/audit/tie"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// missed lists what the audit of an author's statement does not find tied in one
// that Check has proved. It may see more than Check, and must not see less.
func missed(q *parse.Query, sql string, cat *catalog.Catalog) []string {
	var out []string
	for _, ref := range tie.Find(sql, q, cat).References {
		k := ref.Conflict
		stray := k != nil && k.Update && !k.Covered && !k.Guarded
		if ref.Strength != tie.Anchored || stray || ref.Reassigned >= 0 {
			out = append(out, fmt.Sprintf("%s: strength %d, stray %t, reassigned at %d", ref.Ref.Visible(), ref.Strength, stray, ref.Reassigned))
		}
	}
	return out
}

func TestAuditSeesAllThatIsProved(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for _, tt := range accepted {
		q, err := parse.PostgreSQL.Statement(tt.sql)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range missed(q, tt.sql, cat) {
			t.Errorf("%s: %s: %s", tt.name, m, tt.sql)
		}
	}
}

func FuzzAudit(f *testing.F) {
	for _, tt := range accepted {
		f.Add(tt.sql)
	}
	for _, tt := range rejected {
		f.Add(tt.sql)
	}
	cat := specCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		q, err := parse.PostgreSQL.Statement(sql)
		if err != nil {
			return
		}
		if m := missed(q, sql, cat); len(m) > 0 && len(certify.Check(sql, 1, cat).Findings) == 0 {
			t.Errorf("certified, but the audit finds %s", m)
		}
	})
}
