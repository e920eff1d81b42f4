// Package audit looks at the queries of a project as they are, and says of each
// how its author has tied it to a tenant. It needs no declarations: the tenant
// column is found in the schema (detect.go), and with it what each table is
// (classify.go). Whether a table is tied is answered by package tie.
//
// It is tolerant where the compiler is strict. What cannot be read is reported
// and the rest goes on; nothing here may stand in for a proof.
package audit

import (
	"cmp"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parallel"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Class says how a query is tied to a tenant.
type Class string

// The classes. docs/audit.md defines them.
const (
	Anchored   Class = "anchored"
	Partial    Class = "partial"
	Weak       Class = "weak"
	Unanchored Class = "unanchored"
	ChildOnly  Class = "child_only"
	RootOnly   Class = "root_only"
	Global     Class = "global"
	Unparsed   Class = "unparsed"
)

// Classes are all classes, the most dangerous first.
var Classes = []Class{Unanchored, ChildOnly, Partial, Weak, RootOnly, Unparsed, Global, Anchored}

// Level says how bad a finding is, in the words of SARIF.
type Level string

// The levels, the worst first.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Report is what was found in a project. Its JSON form is a contract with tools:
// fields are added, never renamed, and lists are never null.
type Report struct {
	// Queries are all queries, those with the worst findings first.
	Queries []*Query `json:"queries"`
	Summary *Summary `json:"summary"`
}

// Query is one query.
type Query struct {
	Name   string `json:"name"`
	Cmd    string `json:"cmd"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Class  Class  `json:"class"`
	// Reason is why its author has declared it unscoped; it has no findings then.
	Reason   string     `json:"reason,omitempty"`
	Tables   []Table    `json:"tables"`
	Findings []*Finding `json:"findings"`
}

// Table is one reference to a table that belongs to tenants.
type Table struct {
	Table   string `json:"table"`
	Alias   string `json:"alias"`
	Tenancy string `json:"tenancy"` // tenant, child, root or view
	Action  string `json:"action"`  // select, insert, update, delete or merge
	Class   Class  `json:"class"`   // anchored, weak, unanchored, or partial
	// Anchor says what ties it; empty where nothing does.
	Anchor string `json:"anchor"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Finding is something to look at.
type Finding struct {
	Rule    string `json:"rule"`
	Level   Level  `json:"level"`
	Message string `json:"message"`
	Help    string `json:"help"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	EndLine int    `json:"end_line"`
	// EndColumn is behind the last character.
	EndColumn int `json:"end_column"`
	// ScopedSQL is the statement as tenancygen would send it. Where it would refuse
	// it, Refused says why.
	ScopedSQL string `json:"scoped_sql,omitempty"`
	Refused   string `json:"refused,omitempty"`

	query  *Query
	file   *source.File
	scoped bool // a proposal belongs to it
}

// Query is the query that the finding is about.
func (f *Finding) Query() *Query { return f.query }

// Summary counts.
type Summary struct {
	Queries  int           `json:"queries"`
	Classes  map[Class]int `json:"classes"`
	Findings map[Level]int `json:"findings"`
	// Schemas say how the tenant was found, one for each schema of the project.
	Schemas []*Detection `json:"schemas"`
	// Problems are what could not be read, and what was left out.
	Problems []string `json:"problems"`
}

// Input is one schema with the queries on it.
type Input struct {
	// Catalog is loaded and classified.
	Catalog *catalog.Catalog
	Queries []*parse.QueryText
	// Broken are queries that could not even be told apart.
	Broken []*Query
	// Declared is set when tenancy.yaml says what each table is, so that views are
	// classified by their bodies.
	Declared bool
}

// Run audits queries. Schemas and problems of the summary are for the caller to
// add.
func Run(inputs []*Input) *Report {
	r := &Report{Queries: []*Query{}}
	for _, in := range inputs {
		judges := make([]*judge, len(in.Queries))
		parallel.Each(len(judges), func(i int) { judges[i] = in.judge(in.Queries[i]) })
		// There are notes on these functions by now, and proposals may call them.
		for _, j := range judges {
			for _, name := range j.unknown {
				in.Catalog.AllowFunction(name)
			}
		}
		parallel.Each(len(judges), func(i int) { judges[i].propose() })
		for _, j := range judges {
			r.Queries = append(r.Queries, j.query)
		}
		r.Queries = append(r.Queries, in.Broken...)
	}
	slices.SortStableFunc(r.Queries, func(a, b *Query) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	r.Summary = summarize(r.Queries)
	return r
}

func summarize(queries []*Query) *Summary {
	s := &Summary{Queries: len(queries), Classes: map[Class]int{}, Findings: map[Level]int{Error: 0, Warning: 0, Note: 0}, Schemas: []*Detection{}, Problems: []string{}}
	for _, class := range Classes {
		s.Classes[class] = 0
	}
	for _, q := range queries {
		s.Classes[q.Class]++
		for _, f := range q.Findings {
			s.Findings[f.Level]++
		}
	}
	return s
}

// rank orders queries: by their worst finding, then by class.
func (q *Query) rank() int {
	best := len(Rules)
	for _, f := range q.Findings {
		best = min(best, slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == f.Rule }))
	}
	return best*len(Classes) + slices.Index(Classes, q.Class)
}

// Worst is the level of the worst finding; empty without findings.
func (r *Report) Worst() Level {
	for _, level := range []Level{Error, Warning, Note} {
		if r.Summary.Findings[level] > 0 {
			return level
		}
	}
	return ""
}
