package scope

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// A foreign key from a global table to tenants' rows accepts a value where some
// tenant has the row, and so tells of every tenant's rows. There is no tenant among
// whose rows it could be looked up, so such a column can only be NULL.

// insertedGlobalKeys refuses an INSERT that gives one a value.
func (s *scoper) insertedGlobalKeys(r *Reference, ins *parse.Insert, from []*parse.From, names *scopeNames) {
	keys := s.keys(r.Table)
	if len(keys) == 0 {
		return
	}
	var columns []string
	var rows []sourceRow
	if ins.Source != nil {
		var ok bool
		if columns, ok = s.columnNames(r, ins, names); !ok {
			return
		}
		rows = s.sourceRows(ins.Source, from, names)
	}
	for _, k := range keys {
		for _, column := range k.columns {
			i := slices.Index(columns, column)
			if i < 0 && hasDefault(r.Table, column) {
				s.refuseGlobalKey(r, k, ins.Target.NameRange)
			}
			for _, row := range rows {
				if v, ok := row.values([]int{max(i, 0)}); i >= 0 && (!ok || !isNull(r, column, v.items[0])) {
					s.refuseGlobalKey(r, k, row.text)
				}
			}
		}
	}
}

// assignedGlobalKeys refuses a SET that gives one a value.
func (s *scoper) assignedGlobalKeys(r *Reference, sets []parse.Set) {
	for _, k := range s.keys(r.Table) {
		for _, column := range k.columns {
			if set, item, _ := assignedTo(sets, column); set != nil && !isNull(r, column, item) {
				s.refuseGlobalKey(r, k, set.Range)
			}
		}
	}
}

// isNull reports whether a value for a column is NULL.
func isNull(r *Reference, column string, item *parse.Item) bool {
	if item == nil {
		return false
	}
	e := item.Expr.Uncast()
	return e.Kind == parse.ConstExpr && e.Null || e.Kind == parse.DefaultExpr && !hasDefault(r.Table, column)
}

func (s *scoper) refuseGlobalKey(r *Reference, k *key, text parse.Range) {
	s.refuse(diag.GlobalWrite, s.span(text), "global table %q refers to tenants' rows of %q: whether a value for (%s) is accepted tells if somebody has such a row", r.Table.QualifiedName(), k.parent.QualifiedName(), strings.Join(k.columns, ", ")).
		WithHelp("mark the query unscoped with a reason, drop the foreign key, or let the rows of %q belong to tenants", r.Table.QualifiedName())
}
