package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// insert scopes an INSERT: its rows, their source, and ON CONFLICT.
func (s *scoper) insert(q *parse.Query, names *scopeNames) {
	ins := q.Insert
	if ins.Source != nil {
		s.query(ins.Source, names)
	}
	t := s.resolve(ins.Target, nil)
	if t == nil {
		return
	}
	if !s.writable(t, ins.Target) {
		return
	}
	if ins.Target.Alias == "excluded" {
		s.refuse(diag.SyntaxUnsupported, s.span(ins.Target.Range), "the alias excluded is not supported").WithHelp("use another alias: ON CONFLICT gives this name to the proposed row")
		return
	}
	r := &Reference{Table: t, Ref: ins.Target, Placement: ByValue}
	s.plan.References = append(s.plan.References, r)
	s.checkColumns(q, []*Reference{r})
	s.checkReturning(r, ins.Returning, ins.ReturningAliases, []string{ins.Target.Visible()})
	if !s.inTheWay(r, ins.Replace, ins.Ignore, ins.Target.NameRange) {
		return
	}
	if t.Tenancy.Class == ir.ClassGlobal {
		r.Placement = NoPredicate
		s.plan.GlobalWrites = append(s.plan.GlobalWrites, r)
		s.newRows(r, ins, nil, names)
		if ins.Conflict != nil {
			s.assignments(r, ins.Conflict.Set, nil)
		}
		return
	}
	s.newRows(r, ins, nil, names)
	if ins.Conflict != nil {
		s.conflict(r, ins, names)
	}
}

// newRows ties the rows of an INSERT to the tenant, where they are not global. from are the tables that a
// row of VALUES can refer to.
func (s *scoper) newRows(r *Reference, ins *parse.Insert, from []*parse.From, names *scopeNames) {
	if !s.sameWidth(ins, from, names) {
		return
	}
	switch r.Class() {
	case ir.ClassGlobal:
		s.insertedGlobalKeys(r, ins, from, names)
	case ir.ClassChild:
		s.insertChild(r, ins, from, names)
	default:
		s.insertTenant(r, ins, from, names)
	}
}

// sameWidth refuses rows with more or fewer values than the column list has names,
// as PostgreSQL does, and a star in VALUES, as MERGE may have it: no subquery can
// give its columns names there.
func (s *scoper) sameWidth(ins *parse.Insert, from []*parse.From, names *scopeNames) bool {
	if ins.Source == nil {
		return true
	}
	for _, row := range s.sourceRows(ins.Source, from, names) {
		n := len(row.items)
		star := starBefore(row.items, n-1)
		switch {
		case star != nil && ins.Source.Values != nil:
			s.refuse(diag.SyntaxUnsupported, s.span(star.Range), "a star in VALUES is not supported").
				WithHelp("list the columns that it stands for")
			return false
		case star == nil && ins.HasColumns && n != len(ins.Columns):
			s.refuse(diag.SQLSyntax, s.span(row.text), "the column list names %d, and this row gives %d", len(ins.Columns), n).
				WithHelp("give one value for each column")
			return false
		}
	}
	return true
}

// columnNames are the columns that an INSERT writes, in order. Without a list
// they are the table's first columns, as many as there are values.
func (s *scoper) columnNames(r *Reference, ins *parse.Insert, with *scopeNames) ([]string, bool) {
	if ins.HasColumns {
		var names []string
		for _, c := range ins.Columns {
			names = append(names, c.Name)
		}
		return names, true
	}
	width, known := s.sourceWidth(ins.Source, with)
	if !known || r.Table.Opaque || width > len(r.Table.Columns) {
		s.refuse(diag.SyntaxUnsupported, s.span(ins.Target.NameRange), "the columns that this INSERT writes are not known").
			WithHelp("write the list of columns behind the table's name")
		return nil, false
	}
	var names []string
	for _, c := range r.Table.Columns[:width] {
		names = append(names, c.Name)
	}
	return names, true
}

// sourceWidth is the number of values that a source gives, as far as the columns
// behind its stars are known.
func (s *scoper) sourceWidth(q *parse.Query, names *scopeNames) (int, bool) {
	all := *q
	all.With = &parse.With{}
	for ; names != nil; names = names.outer {
		if names.query == nil {
			return 0, false // under RECURSIVE
		}
		all.With.CTEs = append([]*parse.CTE{names.query}, all.With.CTEs...)
	}
	if q.With != nil {
		all.With.Recursive = q.With.Recursive
		all.With.CTEs = append(all.With.CTEs, q.With.CTEs...)
	}
	if q.Values != nil {
		return len(q.Values.Rows[0].Items), true
	}
	columns, known := s.catalog.OutputColumns(&all)
	return len(columns), known
}

// insertTenant gives every row of an INSERT into a tenant table the tenant.
func (s *scoper) insertTenant(r *Reference, ins *parse.Insert, from []*parse.From, names *scopeNames) {
	column := tenantColumn(r.Table)
	plan := &Insert{Target: r}
	if ins.Source == nil {
		if r.Class() == ir.ClassRoot {
			s.refuseRoot(r, ins, column)
			return
		}
		plan.Column, plan.DefaultValues = column, ins.DefaultValues
		s.plan.Inserts = append(s.plan.Inserts, plan)
		return
	}
	columns, ok := s.columnNames(r, ins, names)
	if !ok {
		return
	}
	if !ins.HasColumns {
		plan.ExpandAt, plan.Expand = ins.ColumnsEnd, columns
	}
	index := slices.Index(columns, column)
	if index < 0 {
		if r.Class() == ir.ClassRoot {
			s.refuseRoot(r, ins, column)
			return
		}
		plan.Column, plan.ColumnAt = column, ins.ColumnsEnd
	}
	s.tenantValues(plan, ins.Source, s.sourceRows(ins.Source, from, names), index)
	s.insertedKeys(plan, ins, columns, from, names)
	s.plan.Inserts = append(s.plan.Inserts, plan)
}

func (s *scoper) refuseRoot(r *Reference, ins *parse.Insert, column string) {
	s.refuse(diag.TenantColumnWrite, s.span(ins.Target.NameRange), "the statement creates a tenant: it inserts into %q without its key %q", r.Table.QualifiedName(), column).
		WithHelp("a tenant cannot create another one: mark the query unscoped with a reason, or insert %s as a parameter to store the tenant itself", column)
}

// tenantValues looks at each row or arm of a source: it adds the tenant's value
// behind the last one (index < 0), or checks the author's value at the index.
func (s *scoper) tenantValues(plan *Insert, q *parse.Query, rows []sourceRow, index int) {
	if len(rows) == 0 {
		s.refuse(diag.SyntaxUnsupported, s.span(q.Range), "this source of an INSERT is not supported").WithHelp("use VALUES or SELECT")
	}
	for _, row := range rows {
		s.tenantRow(plan, row, index)
	}
}

func targetItems(targets []parse.Target) []parse.Item {
	var items []parse.Item
	for _, t := range targets {
		items = append(items, parse.Item{Range: t.Range, Value: t.Value, Expr: t.Expr})
	}
	return items
}

// tenantRow plans for one row of VALUES or one SELECT.
func (s *scoper) tenantRow(plan *Insert, source sourceRow, index int) {
	items, text := source.items, source.text
	if len(items) == 0 {
		s.refuse(diag.SyntaxUnsupported, s.span(text), "a SELECT without columns is not supported").WithHelp("select the values to insert")
		return
	}
	row := &Row{At: items[len(items)-1].End}
	if index < 0 && starBefore(items, len(items)-1) != nil {
		row.Hidden = true
	}
	if index >= 0 {
		if star := starBefore(items, index); star != nil {
			column := tenantColumn(plan.Target.Table)
			if !rejectsNull(plan.Target, column) {
				s.refuse(diag.SyntaxUnsupported, s.span(star.Range), "the value of the tenant column is hidden in a star").
					WithHelp("leave the tenant column out of the column list, or list the selected columns")
				return
			}
			row.Hidden = true
			plan.Rows = append(plan.Rows, row)
			return
		}
		if index >= len(items) {
			s.refuse(diag.SyntaxUnsupported, s.span(text), "there are fewer values than columns").WithHelp("give a value for each column")
			return
		}
		if !s.tenantValue(plan, row, items[index], source) {
			return
		}
	}
	plan.Rows = append(plan.Rows, row)
}

func starBefore(items []parse.Item, index int) *parse.Item {
	for i := range items[:min(index+1, len(items))] {
		if e := items[i].Expr; e.Kind == parse.ColumnExpr && e.Star {
			return &items[i]
		}
	}
	return nil
}

// tenantValue checks a value that the author gives for the tenant column: a
// parameter of its own can be the tenant, and the tenant column of a table that is
// scoped is.
func (s *scoper) tenantValue(plan *Insert, row *Row, item parse.Item, source sourceRow) bool {
	value := item.Expr.Uncast()
	column := tenantColumn(plan.Target.Table)
	if rejectsNull(plan.Target, column) && s.isTenants(item.Expr, source) {
		row.Value, row.Copied = item.Value, true
		return true
	}
	if value == nil || value.Kind != parse.ParamExpr {
		s.refuse(diag.TenantColumnWrite, s.span(item.Range), "the tenant column %s.%s is given a value that is not the tenant", plan.Target.Table.QualifiedName(), column).
			WithHelp("leave the column out, and the tenant is filled in; or give it a parameter")
		return false
	}
	row.Value = item.Value
	if !s.opts.KeepTenantParams {
		s.plan.Bound[value.Param] = true
		return true
	}
	if !rejectsNull(plan.Target, column) {
		s.refuse(diag.TenantColumnWrite, s.span(item.Range), "tenant_params: keep needs %s.%s to be NOT NULL", plan.Target.Table.QualifiedName(), column).
			WithHelp("add NOT NULL to the column, or leave tenant_params out")
		return false
	}
	row.Compare = true
	return true
}

// rejectsNull reports whether a NULL for a column of the written table is certain to be
// refused.
func rejectsNull(r *Reference, column string) bool {
	col := r.Table.Column(column)
	return col != nil && col.NotNull && !r.Lenient
}

// insertChild checks the keys of the rows of an INSERT into a child table.
func (s *scoper) insertChild(r *Reference, ins *parse.Insert, from []*parse.From, names *scopeNames) {
	step := r.Table.Tenancy.Path[0]
	if ins.Source == nil {
		s.refuse(diag.TenantColumnWrite, s.span(ins.DefaultValues), "the row would have no %s, which leads to the tenant", step.Columns[0]).
			WithHelp("insert the key of a row of %q", step.Parent.Name)
		return
	}
	columns, ok := s.columnNames(r, ins, names)
	if !ok {
		return
	}
	plan := &Insert{Target: r}
	if !ins.HasColumns {
		plan.ExpandAt, plan.Expand = ins.ColumnsEnd, columns
	}
	for _, column := range step.Columns {
		if !slices.Contains(columns, column) {
			s.refuse(diag.TenantColumnWrite, s.span(ins.Target.NameRange), "the row would have no %s, which leads to the tenant", column).
				WithHelp("insert the key of a row of %q", step.Parent.Name)
			return
		}
	}
	s.insertedKeys(plan, ins, columns, from, names)
	s.plan.Inserts = append(s.plan.Inserts, plan)
}

func hasStar(targets []parse.Target) bool {
	return slices.ContainsFunc(targets, func(t parse.Target) bool { return t.Expr.Star })
}

// conflict scopes ON CONFLICT: DO UPDATE touches only the tenant's own row, and
// an arbiter that does not hold the tenant is worth a warning.
func (s *scoper) conflict(r *Reference, ins *parse.Insert, names *scopeNames) {
	c := ins.Conflict
	anchored := s.arbiterHoldsTenant(r.Table, c)
	if c.Unguarded {
		s.unguarded(r, c, anchored, names)
		return
	}
	if !anchored {
		s.report.Warnf(diag.ConflictUnguarded, s.span(c.Range), "the key that ON CONFLICT looks at does not hold the tenant of %q: it tells whether another tenant has such a row", r.Table.QualifiedName()).
			WithHelp("make the unique key of %q begin with what ties it to the tenant", r.Table.QualifiedName()).InQuery(s.text.Name)
	}
	if !c.Update {
		return
	}
	guard := &Reference{Table: r.Table, Ref: ins.Target, Placement: InConflict, Slot: &Slot{Expr: c.WhereRange, At: c.End}}
	target := []*parse.From{{Table: ins.Target}}
	s.assignments(r, c.Set, &level{from: target, names: names, conflict: true})
	guard.Aliases, guard.Qualify = s.path(r.Table, r.Ref)
	s.plan.Guards = append(s.plan.Guards, guard)
	s.bind(&level{from: target, refs: []*Reference{r}}, c.Where)
	one := ins.Source != nil && ins.Source.Values != nil && len(ins.Source.Values.Rows) == 1
	// Zero rows may not mean anything else, as with a condition of the author's.
	s.plan.ConflictGuard = !anchored && one && c.Where == nil
}

// unguarded scopes ON DUPLICATE KEY UPDATE, which cannot have a condition: so no row of
// another tenant may ever be in the way.
func (s *scoper) unguarded(r *Reference, c *parse.Conflict, anchored bool, names *scopeNames) {
	if !anchored {
		s.refuse(diag.SyntaxUnsupported, s.span(c.Range), "a unique key of %q does not hold the tenant: ON DUPLICATE KEY UPDATE may change another tenant's row", r.Table.QualifiedName()).
			WithHelp("make every unique key of %q begin with what ties it to the tenant; or UPDATE first, and INSERT where no row was found", r.Table.QualifiedName())
		return
	}
	s.assignments(r, c.Set, &level{from: []*parse.From{{Table: r.Ref}}, names: names, conflict: true, blind: true})
}

// arbiterHoldsTenant reports whether rows of different tenants can never meet in
// the arbiter of ON CONFLICT.
func (s *scoper) arbiterHoldsTenant(t *catalog.Table, c *parse.Conflict) bool {
	switch {
	case c.Constraint != "":
		for _, u := range t.Uniques {
			if u.Name == c.Constraint {
				return holdsTenant(t, u.Columns)
			}
		}
		return c.Constraint == t.Name+"_pkey" && holdsTenant(t, t.PrimaryKey)
	case len(c.Columns)+len(c.Expressions) > 0:
		return holdsTenant(t, c.Columns)
	}
	return keysHoldTenant(t) // without an arbiter every unique key counts
}
