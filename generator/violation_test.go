package generator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/proto"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// violation says what is wrong with the text that a statement was scoped to, or
// is empty. It holds for every statement that is accepted, whatever it is.
func violation(s *statement, scoped string, cat *catalog.Catalog) string {
	q, err := parse.PostgreSQL.Statement(scoped)
	if err != nil {
		return fmt.Sprintf("it does not parse: %v", err)
	}
	if s.check == nil || len(s.check.Findings) > 0 {
		return "certify was not asked, or refused it"
	}
	again := certify.Check(scoped, s.result.Tenant, cat)
	if len(again.Findings) > 0 {
		return fmt.Sprintf("it is not certified again: %v", again.Findings)
	}
	for _, find := range []func() string{
		func() string { return unseen(q, again.References) },
		func() string { return unanchored(again.References) },
		func() string { return wrongParams(s, scoped) },
		func() string { return lostBytes(s, scoped) },
		func() string { return lostTokens(withoutViews(s), scoped) },
	} {
		if v := find(); v != "" {
			return v
		}
	}
	return ""
}

// unseen names a table of the tree that certify did not list. Names of common
// table expressions are passed over wherever they stand.
func unseen(q *parse.Query, listed []certify.Reference) string {
	ctes := map[string]bool{}
	var tables []*parse.Table
	q.EachQuery(func(q *parse.Query) {
		if q.With != nil {
			for _, cte := range q.With.CTEs {
				ctes[cte.Name] = true
			}
		}
		switch {
		case q.Select != nil:
			tables = append(tables, parse.Tables(q.Select.From)...)
		case q.Insert != nil:
			tables = append(tables, q.Insert.Target)
		case q.Update != nil:
			tables = append(append(tables, q.Update.Target), parse.Tables(q.Update.From)...)
		case q.Delete != nil:
			tables = append(append(tables, q.Delete.Target), parse.Tables(q.Delete.Using)...)
		case q.Merge != nil:
			tables = append(append(tables, q.Merge.Target), parse.Tables([]*parse.From{q.Merge.Source})...)
		}
	})
	for _, t := range tables {
		found := slices.ContainsFunc(listed, func(r certify.Reference) bool { return r.Pos == t.Start && r.Table.Name == t.Name })
		if !found && !(t.Schema == "" && ctes[t.Name]) {
			return fmt.Sprintf("certify did not see %s at %d", t.Name, t.Start)
		}
	}
	return ""
}

// unanchored names a reference without an anchor that needs one.
func unanchored(listed []certify.Reference) string {
	for _, r := range listed {
		if global := r.Table.Tenancy.Class == ir.ClassGlobal; global != (r.Anchor == "") {
			return fmt.Sprintf("%s %s is certified with the anchor %q", r.Table.Tenancy.Class, r.Table.Name, r.Anchor)
		}
	}
	return ""
}

// wrongParams says where the parameters are not $1…$n, each used, one of them the
// tenant where the handle is a tenant's and none where it is not.
func wrongParams(s *statement, scoped string) string {
	uses, err := parse.NumberedParams(parse.PostgreSQL, scoped)
	if err != nil {
		return err.Error()
	}
	used := map[int]bool{}
	for _, use := range uses {
		used[use.Number] = true
	}
	tenants := 0
	for i, p := range s.result.Params {
		if p.Number != i+1 {
			return fmt.Sprintf("parameter %d is listed in place %d", p.Number, i+1)
		}
		if !used[p.Number] {
			return fmt.Sprintf("$%d is not used", p.Number)
		}
		if p.Tenant {
			tenants++
		}
	}
	if len(used) != len(s.result.Params) {
		return fmt.Sprintf("%d parameters are used, %d are listed", len(used), len(s.result.Params))
	}
	if tenants > 1 || (tenants == 1) != (s.handle == ir.HandleTenant) {
		return fmt.Sprintf("%d parameters are the tenant, on the handle %s", tenants, s.handle)
	}
	return ""
}

// lostBytes names a byte of the author's that is not where the map of the edits
// says. Only parameters, names of views and DEFAULT VALUES are replaced; all else is
// added. Where macros stood the map does not lead to the file's bytes, and lostTokens has to do.
func lostBytes(s *statement, scoped string) string {
	text := s.text.Text
	if s.text.File.Text[s.text.Start:s.text.End] != text {
		return ""
	}
	at := make([]int, len(text)+1) // where each byte is in the scoped text, plus one
	for j := range scoped {
		// The last byte that leads to i is i itself; those before were put before it.
		if i := s.result.OriginSQL(j).Start - s.text.Start; i >= 0 && i < len(text) {
			at[i] = j + 1
		}
	}
	var replaced []parse.Range
	for _, p := range s.text.Params {
		replaced = append(replaced, p.Range)
	}
	for _, ins := range s.plan.Inserts {
		replaced = append(replaced, ins.DefaultValues)
	}
	replaced = append(replaced, viewNames(s)...)
	last := 0
	for i := range text {
		if slices.ContainsFunc(replaced, func(r parse.Range) bool { return r.Start <= i && i < r.End }) {
			continue
		}
		if at[i] <= last || scoped[at[i]-1] != text[i] {
			return fmt.Sprintf("the byte %q at %d is lost", text[i], i)
		}
		last = at[i]
	}
	return ""
}

// viewNames are the places of the views that their bodies take.
func viewNames(s *statement) []parse.Range {
	var out []parse.Range
	for _, r := range s.plan.References {
		if r.Body != nil {
			out = append(out, r.Ref.NameRange)
		}
	}
	return out
}

// withoutViews is the author's text with blanks for the names of such views.
func withoutViews(s *statement) string {
	text := []byte(s.text.Text)
	for _, r := range viewNames(s) {
		for i := r.Start; i < r.End; i++ {
			text[i] = ' '
		}
	}
	return string(text)
}

// lostTokens names a token of the author's that is not in its place.
func lostTokens(text, scoped string) string {
	want, err := tokens(text)
	if err != nil {
		return err.Error()
	}
	got, err := tokens(scoped)
	if err != nil {
		return err.Error()
	}
	i := 0
	for _, token := range got {
		if i < len(want) && want[i] == token {
			i++
		}
	}
	if i < len(want) {
		return fmt.Sprintf("the token %q is lost", want[i])
	}
	return ""
}

// tokens are the tokens and comments of a text, without what scoping may replace:
// the numbers of parameters, and DEFAULT VALUES, which becomes VALUES with the
// tenant.
func tokens(sql string) ([]string, error) {
	raw, err := parser.ScanToProtobuf(sql)
	if err != nil {
		return nil, err
	}
	var scanned ast.ScanResult
	if err := proto.Unmarshal(raw, &scanned); err != nil {
		return nil, err
	}
	var out []string
	for _, tok := range scanned.Tokens {
		text := sql[tok.Start:tok.End]
		if tok.Token == ast.Token_PARAM {
			text = "$"
		}
		if strings.EqualFold(text, "VALUES") && len(out) > 0 && strings.EqualFold(out[len(out)-1], "DEFAULT") {
			out = out[:len(out)-1]
		}
		out = append(out, text)
	}
	return out, nil
}

// TestViolation spoils the text of a statement in each way that violation looks
// for, and sees it found.
func TestViolation(t *testing.T) {
	t.Parallel()
	cat, cfg := fuzzCatalog(t)
	var report diag.Report
	s := scopeAll(oneStatement(dialect.PostgreSQL, "SELECT o.id  /* all */ FROM orders AS o WHERE o.qty > $1 OR o.qty < $2", &report), cat, cfg, &report, nil)[0]
	good := s.explain().ScopedSQL
	if v := violation(s, good, cat); v != "" {
		t.Fatalf("%q: %s", good, v)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"FROM orders", "FROM FROM orders", "does not parse"},
		{" AND o.tenant_id = $3::uuid", "", "not certified"},
		{"o.qty > $1", "o.qty > 1", "$1 is not used"},
		{"o.qty > $1", "o.qty > $4", "$1 is not used"},
		{"o.qty > $1", "o.qty > $1 + $4", "4 parameters are used, 3 are listed"},
		{"  /* all */", " /* all */", "is lost"},
		{"/* all */", "/* any */", "is lost"},
		{"o.id", "o.qty", "is lost"},
		{"OR", "AND", "is lost"},
	} {
		spoiled := strings.Replace(good, tt.old, tt.new, 1)
		if v := violation(s, spoiled, cat); spoiled == good || !strings.Contains(v, tt.want) {
			t.Errorf("%q: got %q, want %q", spoiled, v, tt.want)
		}
	}
	q, err := parse.PostgreSQL.Statement(good)
	if err != nil {
		t.Fatal(err)
	}
	if unseen(q, nil) == "" {
		t.Error("a table that certify does not list is not found")
	}
	if unanchored([]certify.Reference{{Table: cat.Lookup("", "orders")}}) == "" || unanchored([]certify.Reference{{Table: cat.Lookup("", "plans"), Anchor: "x"}}) == "" {
		t.Error("a wrong anchor is not found")
	}
	if lostTokens("SELECT /*+ hint */ 1", "SELECT 1") == "" {
		t.Error("a lost comment is not found")
	}
}
