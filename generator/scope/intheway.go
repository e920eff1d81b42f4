package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// inTheWay decides about a statement that, in the place of an error, deletes rows that
// are in the way by some unique key (replace), or changes or leaves out a row of its own
// (ignore). It reports whether the statement may do so.
func (s *scoper) inTheWay(r *Reference, replace, ignore bool, at parse.Range) bool {
	rejects := s.catalog.Dialect.RejectsNull()
	replace = replace || r.Table.Replaces
	r.Lenient = replace || ignore || !rejects
	switch {
	case r.Class() == ir.ClassGlobal:
	case ignore && !rejects:
		s.refuse(diag.SyntaxUnsupported, s.span(at), "IGNORE is refused for %q: it stores other values than those that were given, which may be another tenant's", r.Table.QualifiedName()).
			WithHelp("leave IGNORE out; for INSERT, write ON DUPLICATE KEY UPDATE with an assignment that changes nothing, as in id = id")
		return false
	case replace && !keysHoldTenant(r.Table):
		s.refuse(diag.SyntaxUnsupported, s.span(at), "the statement deletes rows that are in its way, and a unique key of %q does not hold the tenant: they may be another tenant's", r.Table.QualifiedName()).
			WithHelp("make every unique key of %q begin with what ties it to the tenant, or write an INSERT or UPDATE that deletes nothing", r.Table.QualifiedName())
		return false
	}
	return true
}

// holdsTenant reports whether rows of different tenants can never meet in a key.
func holdsTenant(t *catalog.Table, key []string) bool {
	return holdsAll(key, ties(t))
}

// keysHoldTenant reports whether rows of different tenants can never meet in any key.
func keysHoldTenant(t *catalog.Table) bool {
	return (t.PrimaryKey == nil || holdsTenant(t, t.PrimaryKey)) &&
		!slices.ContainsFunc(t.Uniques, func(u *catalog.Unique) bool { return !holdsTenant(t, u.Columns) })
}
