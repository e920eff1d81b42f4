package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// readApart marks what has to be read before an UPDATE or DELETE begins, in a dialect in
// which no other subquery may read the table that it writes.
func (s *scoper) readApart(q *parse.Query) {
	var target *parse.Table
	switch {
	case s.catalog.Dialect.ReadsTarget():
		return
	case q.Update != nil:
		target = q.Update.Target
	case q.Delete != nil:
		target = q.Delete.Target
	}
	at := slices.IndexFunc(s.plan.References, func(r *Reference) bool { return r.Ref == target })
	if at < 0 {
		return
	}
	written := s.plan.References[at].Table
	s.plan.Each(func(r *Reference) { r.Apart = belongsThrough(r.Table, written) })
	for _, l := range s.plan.Lookups {
		l.Apart = l.Parent == written || belongsThrough(l.Parent, written)
	}
}

// belongsThrough reports whether a child's way to its tenant leads through a table.
func belongsThrough(child, table *catalog.Table) bool {
	return slices.ContainsFunc(child.Tenancy.Path, func(step ir.Step) bool {
		return step.Parent.Schema == table.Schema && step.Parent.Name == table.Name
	})
}
