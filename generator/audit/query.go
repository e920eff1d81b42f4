package audit

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/audit/tie"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// judge says what is wrong with one query.
type judge struct {
	*Input
	text      *parse.QueryText
	query     *Query
	statement *tie.Statement
	actions   map[*parse.Table]string
	unknown   []string // functions
}

// judge audits one query.
func (in *Input) judge(text *parse.QueryText) *judge {
	at := text.At(0).Position()
	q := &Query{Name: text.Name, Cmd: text.Cmd, File: at.Path, Line: at.Line, Column: at.Column,
		Class: Unparsed, Tables: []Table{}, Findings: []*Finding{}}
	j := &judge{Input: in, text: text, query: q}
	tree, err := in.Catalog.Dialect.Statement(text.Text)
	if err != nil {
		pos := 0
		if e := (*parse.Error)(nil); errors.As(err, &e) {
			pos = e.Pos
		}
		q.add("TA012", text.At(pos), "%v", err)
		return j
	}
	j.actions = actions(tree)
	j.statement = tie.Find(text.Text, tree, in.Catalog)
	for _, ref := range j.statement.References {
		q.Tables = append(q.Tables, j.table(ref))
	}
	q.Class = j.class()
	if text.Unscoped {
		q.Reason = text.Reason
		return j
	}
	j.findings()
	j.functions(tree)
	return j
}

// actions says what is done to the tables that a statement writes.
func actions(q *parse.Query) map[*parse.Table]string {
	out := map[*parse.Table]string{}
	q.EachQuery(func(q *parse.Query) {
		switch {
		case q.Insert != nil:
			out[q.Insert.Target] = "insert"
		case q.Update != nil:
			out[q.Update.Target] = "update"
		case q.Delete != nil:
			out[q.Delete.Target] = "delete"
		case q.Merge != nil:
			out[q.Merge.Target] = "merge"
		}
	})
	return out
}

func (j *judge) action(ref *tie.Reference) string {
	if action := j.actions[ref.Ref]; action != "" {
		return action
	}
	return "select"
}

func (j *judge) table(ref *tie.Reference) Table {
	at := j.text.Span(ref.Ref.NameRange).Position()
	return Table{Table: ref.Table.QualifiedName(), Alias: ref.Ref.Visible(), Tenancy: string(ref.Table.Tenancy.Class),
		Action: j.action(ref), Class: classOf(ref), Anchor: j.named(ref.Anchor), Line: at.Line, Column: at.Column}
}

var number = regexp.MustCompile(`\$\d+`)

// named writes parameters as the author did.
func (j *judge) named(text string) string {
	return number.ReplaceAllStringFunc(text, func(s string) string {
		n, _ := strconv.Atoi(s[1:])
		for _, p := range j.text.Params {
			if p.Number == n && p.Name != "" {
				return p.Macro
			}
		}
		if j.Catalog.Dialect.Positional() {
			return "?" + s[1:] // which of them
		}
		return s
	})
}

// classOf is the class of one reference. An upsert whose update may meet another
// tenant's row is tied in part.
func classOf(ref *tie.Reference) Class {
	switch {
	case ref.Strength == tie.Unanchored:
		return Unanchored
	case ref.Strength == tie.Weak:
		return Weak
	case stray(ref):
		return Partial
	}
	return Anchored
}

// stray reports whether an upsert may update another tenant's row.
func stray(ref *tie.Reference) bool {
	k := ref.Conflict
	return k != nil && (k.Update || k.Replace) && !k.Covered && !k.Guarded
}

// class is the class of the query: that of its worst references.
func (j *judge) class() Class {
	refs := j.statement.References
	count := map[Class]int{}
	tenancy := map[ir.Class]int{}
	for _, ref := range refs {
		count[classOf(ref)]++
		tenancy[ref.Table.Tenancy.Class]++
	}
	switch {
	case len(refs) == 0:
		return Global
	case count[Anchored] == len(refs):
		return Anchored
	case tenancy[ir.ClassRoot] == len(refs):
		return RootOnly
	case tenancy[ir.ClassChild] == len(refs) && count[Unanchored] == len(refs):
		return ChildOnly
	case count[Unanchored] == 0 && count[Partial] == 0:
		return Weak
	case count[Anchored] == 0 && count[Partial] == 0:
		return Unanchored
	}
	return Partial
}

// findings turns the references that are not anchored into findings, one for each
// rule.
func (j *judge) findings() {
	byRule := map[string][]*tie.Reference{}
	for _, ref := range j.statement.References {
		if id := j.rule(ref); id != "" {
			byRule[id] = append(byRule[id], ref)
		}
	}
	for _, r := range Rules {
		refs := byRule[r.ID]
		if len(refs) == 0 {
			continue
		}
		j.query.add(r.ID, j.text.Span(refs[0].Ref.NameRange), "%s", j.message(r.ID, refs)).scoped = true
	}
	for _, ref := range j.statement.References {
		j.upsert(ref)
		if ref.Reassigned >= 0 {
			j.query.add("TA010", j.text.At(ref.Reassigned), "%s.%s is assigned: the row gets another tenant", ref.Table.QualifiedName(), ref.Table.Tenancy.Column).scoped = true
		}
	}
	for _, ref := range j.statement.Unknown {
		if ref.Schema == "pg_catalog" || ref.Schema == "information_schema" || strings.HasPrefix(ref.Name, "pg_") {
			continue
		}
		j.query.add("TA013", j.text.Span(ref.NameRange), "the schema has no table %q", ref.Name)
	}
}

// rule is the rule that a reference breaks; empty for none.
func (j *judge) rule(ref *tie.Reference) string {
	class := ref.Table.Tenancy.Class
	action := j.action(ref)
	rewrites := action == "update" || action == "delete" || action == "merge"
	switch {
	case ref.Strength == tie.Anchored:
		return ""
	case class == ir.ClassRoot && rewrites:
		return "TA011"
	case ref.Strength == tie.Weak && rewrites:
		return "TA003"
	case rewrites:
		return "TA001"
	case action == "insert" && class == ir.ClassRoot:
		return "" // a tenant that is new has no key yet
	case action == "insert" && class == ir.ClassChild:
		return "TA008"
	case action == "insert":
		return "TA009"
	case j.query.Class == RootOnly:
		return "" // tenants are looked up before there is a tenant
	case ref.Strength == tie.Weak:
		return "TA006"
	case j.query.Class == ChildOnly:
		return "TA007"
	case j.query.Class == Unanchored:
		return "TA004"
	}
	return "TA005"
}

// message says what is wrong with some references.
func (j *judge) message(id string, refs []*tie.Reference) string {
	var names []string
	for _, ref := range refs {
		name := ref.Table.QualifiedName()
		if ref.Ref.Alias != "" && ref.Ref.Alias != name {
			name += " (" + ref.Ref.Alias + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	list, is := strings.Join(names, ", "), "is"
	if len(names) > 1 {
		is = "are"
	}
	t := refs[0].Table
	if i := slices.IndexFunc(refs, func(ref *tie.Reference) bool { return ref.Table.Tenancy.Class == ir.ClassTenant }); i >= 0 {
		t = refs[i].Table
	}
	verb := map[string]string{"update": "updated", "delete": "deleted", "merge": "merged"}[j.action(refs[0])]
	switch id {
	case "TA001":
		return fmt.Sprintf("rows of %s are %s whatever their tenant%s", list, verb, j.lacks(t))
	case "TA003":
		return fmt.Sprintf("rows of %s are %s under a condition on the tenant that others' rows may pass", list, verb)
	case "TA006":
		return fmt.Sprintf("%s %s read under a condition on the tenant that others' rows may pass", list, is)
	case "TA008":
		return fmt.Sprintf("the row that is inserted into %s may refer to another tenant's %s", list, parents(t))
	case "TA009":
		return fmt.Sprintf("the row that is inserted into %s is given no %s", list, t.Tenancy.Column)
	case "TA011":
		return fmt.Sprintf("%s %s %s, but not by the key of one tenant", list, is, verb)
	}
	return fmt.Sprintf("%s %s read whatever the tenant%s", list, is, j.lacks(t))
}

// lacks says what would tie a table.
func (j *judge) lacks(t *catalog.Table) string {
	switch {
	case t.Tenancy.Class == ir.ClassChild:
		return ": nothing leads to " + parents(t)
	case t.Tenancy.Column == "":
		return ": the view shows no tenant"
	}
	return ": no condition on " + t.Tenancy.Column
}

// parents names the parent of a child table.
func parents(t *catalog.Table) string {
	if len(t.Tenancy.Path) == 0 {
		return "its parent"
	}
	return t.Tenancy.Path[0].Parent.Name
}

// upsert reports a conflict target without the tenant.
func (j *judge) upsert(ref *tie.Reference) {
	k := ref.Conflict
	if k == nil || k.Covered || k.Guarded || len(k.Arbiter) == 0 {
		return
	}
	what, table := "conflict target", ref.Table.QualifiedName()
	if k.AnyKey {
		what = "unique key"
	}
	what += " (" + strings.Join(k.Arbiter, ", ") + ")"
	switch {
	case k.Replace:
		j.query.add("TA002", j.text.At(k.Pos), "the %s does not hold the tenant: another tenant's row of %s may be deleted", what, table).scoped = true
	case k.Update:
		j.query.add("TA002", j.text.At(k.Pos), "the %s does not hold the tenant: the update may meet another tenant's row of %s", what, table).scoped = true
	default:
		j.query.add("TA015", j.text.At(k.Pos), "the %s does not hold the tenant: another tenant's row of %s makes it do nothing", what, table)
	}
}

// functions notes functions that may read tables.
func (j *judge) functions(tree *parse.Query) {
	seen := map[string]bool{}
	tree.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			if e.Kind != parse.FuncExpr || seen[e.Name] || !suspicious(j.Catalog, e.Name) {
				return
			}
			seen[e.Name] = true
			j.unknown = append(j.unknown, e.Name)
			j.query.add("TA014", j.text.At(e.Pos), "function %q may read tables of any tenant", e.Name)
		})
	})
}

// add adds a finding at a place.
func (q *Query) add(id string, at source.Span, format string, args ...any) *Finding {
	r := rule(id)
	end := source.Position{}
	start := at.Position()
	if at.File != nil {
		end = at.File.Position(max(at.End, at.Start+1))
	}
	f := &Finding{Rule: r.ID, Level: r.Level, Message: fmt.Sprintf(format, args...), Help: r.Help,
		File: start.Path, Line: start.Line, Column: start.Column, EndLine: end.Line, EndColumn: end.Column, query: q, file: at.File}
	q.Findings = append(q.Findings, f)
	slices.SortStableFunc(q.Findings, func(a, b *Finding) int { return strings.Compare(a.Rule, b.Rule) })
	return f
}
