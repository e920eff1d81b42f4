package catalog

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Load reads the schema files in order and returns the catalog. Mistakes go into
// the report; what could be understood is in the catalog all the same.
func Load(d dialect.Dialect, files []*source.File, report *diag.Report) *Catalog {
	c := &Catalog{Dialect: d, indexes: map[string]*index{}, functions: map[string]bool{}, bodies: map[string][]*parse.FunctionBody{}, operators: map[string]bool{}, exactTypes: map[string]bool{}, filledTypes: map[string]bool{}, enums: map[string]bool{}, allowed: map[string]bool{}}
	for _, file := range files {
		statements, err := d.Schema(file.Text)
		if err != nil {
			e := err.(*parse.Error)
			report.Errorf(diag.SQLSyntax, file.Span(e.Pos, min(e.Pos+1, len(file.Text))), "%s", e.Message).WithHelp("%s", e.Help)
			continue
		}
		l := loader{Catalog: c, file: file, report: report}
		for _, s := range statements {
			l.apply(s)
		}
	}
	c.resolveForeignKeys()
	c.inheritForeignKeys()
	return c
}

// loader applies the statements of one file.
type loader struct {
	*Catalog
	file   *source.File
	report *diag.Report
}

func (l loader) span(pos, length int) source.Span {
	return l.file.Span(pos, min(pos+length, len(l.file.Text)))
}

func (l loader) lookup(n parse.ObjectName) *Table { return l.Lookup(n.Schema, n.Name) }

func (l loader) apply(s parse.DDL) {
	switch {
	case s.CreateTable != nil:
		l.createTable(s.CreateTable)
	case s.AlterTable != nil:
		l.alterTable(s, s.AlterTable)
	case s.CreateView != nil:
		l.createView(s.CreateView)
	case s.CreateIndex != nil:
		l.createIndex(s.CreateIndex)
	case s.Drop != nil:
		l.drop(s.Drop)
	case s.Rename != nil:
		l.rename(s, s.Rename)
	case s.CreateOperator != nil:
		l.operators[s.CreateOperator.Name] = true
	case s.CreateType != nil:
		l.createType(s.CreateType)
	case s.CreateFunction != nil:
		l.functions[s.CreateFunction.Name] = true
		if s.Body != nil {
			l.bodies[s.CreateFunction.Name] = append(l.bodies[s.CreateFunction.Name], s.Body)
		}
	case s.OnTable != nil:
		l.addReaction(s.OnTable, s.Pos)
	}
}

// newTable adds a relation, or returns nil when one of that name is there.
func (l loader) newTable(n parse.ObjectName, pos int, kind ir.TableKind) *Table {
	if n.Schema == "" {
		n.Schema = DefaultSchema
	}
	if l.lookup(n) != nil {
		return nil
	}
	t := &Table{Schema: n.Schema, Name: n.Name, Kind: kind, Span: l.span(pos, len(n.Name)), notNull: map[string]bool{}}
	l.Tables = append(l.Tables, t)
	return t
}

func (l loader) createTable(s *parse.CreateTable) {
	t := l.newTable(s.Name, s.NamePos, ir.KindTable)
	if t == nil {
		if !s.IfNotExists {
			l.report.Errorf(diag.SchemaUnsupported, l.span(s.NamePos, len(s.Name.Name)), "table %q is created twice", s.Name.Name).
				WithHelp("drop or rename the first one before, or create it only once")
		}
		return
	}
	t.Opaque, t.Spelling, t.collation = s.Opaque, s.Spelling, s.Collation
	if len(s.Parents) > 1 {
		l.report.Errorf(diag.SchemaUnsupported, t.Span, "table %q inherits from more than one table", s.Name.Name).
			WithHelp("let it inherit from one, or write its columns out")
	}
	for _, parent := range s.Parents {
		l.inherit(t, parent, s.Partition)
	}
	for _, def := range s.Columns {
		if def.Like != nil {
			l.copyColumns(t, *def.Like)
			continue
		}
		l.addColumn(t, def)
	}
	for _, k := range s.Constraints {
		l.addConstraint(t, k)
	}
}

// copyColumns adds the columns of another table, for LIKE.
func (l loader) copyColumns(t *Table, like parse.ObjectName) {
	from := l.lookup(like)
	if from == nil {
		t.Opaque = true
		return
	}
	for _, col := range from.Columns {
		copied := *col
		t.Columns = append(t.Columns, &copied)
	}
}

// inherit makes t a partition or inheritance child of another table.
func (l loader) inherit(t *Table, name parse.ObjectName, partition bool) {
	parent := l.lookup(name)
	if parent == nil {
		return
	}
	t.Parent = parent
	if partition {
		t.Kind = ir.KindPartition
	}
	for _, col := range parent.Columns {
		if t.Column(col.Name) == nil {
			copied := *col
			t.Columns = append(t.Columns, &copied)
		}
	}
	if partition && t.PrimaryKey == nil {
		t.PrimaryKey = slices.Clone(parent.PrimaryKey)
	}
}

func (l loader) addColumn(t *Table, def parse.ColumnDef) {
	if t.Column(def.Name) != nil {
		return
	}
	t.Columns = append(t.Columns, &Column{
		Name: def.Name, Type: l.Dialect.CanonicalType(def.Type), NotNull: def.NotNull || t.notNull[def.Name], HasDefault: def.HasDefault || l.filledTypes[l.Dialect.CanonicalType(def.Type)],
		Generated: def.Generated, Identity: def.Identity, Serial: def.Serial, Collation: t.collationOf(def), Textual: def.Textual, Span: l.span(def.Pos, len(def.Name)),
	})
}

// collationOf is a column's own collation, or the one that its table gives it.
func (t *Table) collationOf(def parse.ColumnDef) string {
	if def.Collation == "" && def.Textual {
		return t.collation
	}
	return def.Collation
}

func (l loader) addConstraint(t *Table, k parse.ConstraintDef) {
	if ix := l.indexes[k.UsingIndex]; k.UsingIndex != "" && ix != nil {
		k.Columns = ix.unique.Columns
	}
	t.Replaces = t.Replaces || k.Replaces
	switch k.Kind {
	case parse.PrimaryKeyConstraint:
		t.PrimaryKey = k.Columns
		for _, name := range k.Columns {
			if !k.Nullable {
				t.setNotNull(name, true)
			}
		}
	case parse.NotNullConstraint:
		for _, name := range k.Columns {
			t.setNotNull(name, true)
		}
	case parse.UniqueConstraint:
		if k.UsingIndex != "" {
			return // the index is there already
		}
		name := k.Name
		if name == "" {
			name = t.Name + "_" + strings.Join(k.Columns, "_") + "_key"
		}
		l.addUnique(t, &Unique{Name: name, Columns: k.Columns})
	case parse.ExcludeConstraint:
		name := k.Name
		if name == "" {
			name = t.Name + "_" + strings.Join(k.Parts, "_") + "_excl"
		}
		l.addUnique(t, &Unique{Name: name, Columns: k.Columns, Expressions: true})
	case parse.ForeignKeyConstraint:
		name := k.Name
		if name == "" {
			name = t.Name + "_" + strings.Join(k.Columns, "_") + "_fkey"
		}
		ref := k.RefTable
		if ref.Schema == "" {
			ref.Schema = DefaultSchema
		}
		t.ForeignKeys = append(t.ForeignKeys, &ForeignKey{Name: name, Span: l.span(k.Pos, 1), Columns: k.Columns,
			RefSchema: ref.Schema, RefTable: ref.Name, RefColumns: k.RefColumns, Period: k.Period, Inline: k.Inline, SetNull: k.SetNull, SetDefault: k.SetDefault})
	}
}

func (l loader) addUnique(t *Table, u *Unique) {
	t.Uniques = append(t.Uniques, u)
	l.indexes[u.Name] = &index{table: t, unique: u}
}

func (t *Table) setNotNull(column string, notNull bool) {
	t.notNull[column] = notNull
	if c := t.Column(column); c != nil {
		c.NotNull = notNull
	}
}

func (l loader) createIndex(s *parse.CreateIndex) {
	t := l.lookup(s.Table)
	if t == nil || !s.Unique {
		return
	}
	l.addUnique(t, &Unique{Name: s.Name, Columns: s.Columns, Expressions: s.Expressions, Partial: s.Partial})
}

func (l loader) createView(s *parse.CreateView) {
	kind := ir.KindView
	if s.Materialized {
		kind = ir.KindMaterializedView
	}
	t := l.lookup(s.Name)
	if t != nil && s.IfNotExists {
		return
	}
	if t == nil {
		t = l.newTable(s.Name, s.NamePos, kind)
	}
	t.Span, t.Spelling = l.span(s.NamePos, len(s.Name.Name)), s.Spelling
	t.View = l.newView(s)
	columns, known := l.OutputColumns(s.Query)
	t.Opaque = !known
	before := t.Columns
	t.Columns = nil
	for i, col := range renamed(columns, s.Columns) {
		if i < len(before) && before[i].Name == col.Name {
			// A view that is replaced keeps its columns, and who reads it reads those.
			*before[i] = *col
			col = before[i]
		}
		t.Columns = append(t.Columns, col)
	}
}

func (l loader) alterTable(d parse.DDL, s *parse.AlterTable) {
	t := l.lookup(s.Name)
	if t == nil {
		if !s.IfExists {
			l.missing(d, s.Name)
		}
		return
	}
	for _, a := range s.Actions {
		l.alter(t, a)
	}
}

// missing warns about a change of a table that comes before the table.
func (l loader) missing(d parse.DDL, name parse.ObjectName) {
	l.report.Warnf(diag.SchemaUnsupported, l.span(d.Pos, len("ALTER TABLE")), "ALTER TABLE names %q, which the schema does not create", name.Name).
		WithHelp("put the file that creates it before this one")
}

func (l loader) alter(t *Table, a parse.AlterAction) {
	switch a.Kind {
	case parse.AddColumn:
		l.addColumn(t, *a.Column)
	case parse.DropColumn:
		if a.KeepsKeys {
			t.shrinkKeys(a.Name)
		}
		t.dropColumn(a.Name)
	case parse.SetNotNull, parse.DropNotNull:
		t.setNotNull(a.Name, a.Kind == parse.SetNotNull)
	case parse.SetDefault, parse.DropDefault:
		if c := t.Column(a.Name); c != nil {
			c.HasDefault = a.Kind == parse.SetDefault || l.filledTypes[c.Type]
		}
	case parse.SetType:
		if c := t.Column(a.Name); c != nil && a.Column != nil {
			c.Type, c.Collation = l.Dialect.CanonicalType(a.Column.Type), t.collationOf(*a.Column)
			c.Textual = a.Column.Textual
			if a.Whole {
				c.Serial, c.Generated = a.Column.Serial, a.Column.Generated
			}
		}
	case parse.SetCollation, parse.ConvertCollation:
		t.collation = a.Name
		for _, c := range t.Columns {
			if a.Kind == parse.ConvertCollation && c.Textual {
				c.Collation = a.Name
			}
		}
	case parse.DropConstraint:
		l.dropConstraint(t, a)
	case parse.AttachPartition:
		if child := l.lookup(a.Table); child != nil {
			child.Parent, child.Kind = t, ir.KindPartition
		}
	case parse.AddInherit:
		if t.Parent != nil {
			l.report.Errorf(diag.SchemaUnsupported, t.Span, "table %q inherits from more than one table", t.Name).
				WithHelp("let it inherit from one, or write its columns out")
		}
		t.Parent = l.lookup(a.Table)
	case parse.DropInherit:
		t.Parent = nil
	case parse.DetachPartition:
		if child := l.lookup(a.Table); child != nil {
			child.Parent, child.Kind = nil, ir.KindTable
		}
	}
	for _, k := range a.Constraints {
		l.addConstraint(t, k)
	}
	for _, child := range l.Tables {
		if child.Parent == t && (a.Kind == parse.AddColumn || a.Kind == parse.DropColumn || a.Kind == parse.SetNotNull || a.Kind == parse.SetType) {
			l.alter(child, parse.AlterAction{Kind: a.Kind, Name: a.Name, Column: a.Column})
		}
	}
}

func (t *Table) dropColumn(name string) {
	t.Columns = slices.DeleteFunc(t.Columns, func(c *Column) bool { return c.Name == name })
	t.Uniques = slices.DeleteFunc(t.Uniques, func(u *Unique) bool { return slices.Contains(u.Columns, name) })
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *ForeignKey) bool { return slices.Contains(f.Columns, name) })
	if slices.Contains(t.PrimaryKey, name) {
		t.PrimaryKey = nil
	}
}

// shrinkKeys takes a column out of the keys that have others as well.
func (t *Table) shrinkKeys(column string) {
	without := func(columns []string, others bool) []string {
		if len(columns) < 2 && !others {
			return columns
		}
		return slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return name == column })
	}
	t.PrimaryKey = without(t.PrimaryKey, false)
	for _, u := range t.Uniques {
		u.Columns = without(u.Columns, u.Expressions)
	}
}

// dropConstraint drops the constraints of a name, or those of one kind that have it.
func (l loader) dropConstraint(t *Table, a parse.AlterAction) {
	if a.Of == "" || a.Of == parse.UniqueConstraint {
		t.Uniques = slices.DeleteFunc(t.Uniques, func(u *Unique) bool { return u.Name == a.Name })
	}
	if a.Of == "" || a.Of == parse.ForeignKeyConstraint {
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *ForeignKey) bool { return f.Name == a.Name })
	}
	if a.Of == "" && a.Name == t.Name+"_pkey" || a.Of == parse.PrimaryKeyConstraint {
		t.PrimaryKey = nil
	}
}

func (l loader) drop(s *parse.Drop) {
	for _, name := range s.Names {
		switch s.Kind {
		case "relation":
			if t := l.lookup(name); t != nil {
				l.remove(func(other *Table) bool { return other == t })
			}
		case "trigger", "rule":
			if t := l.lookup(name); t != nil {
				l.dropReaction(t, s.Kind == "rule", s.Part)
			}
		case "schema":
			l.remove(func(t *Table) bool { return t.Schema == name.Name })
		case "index":
			if ix := l.indexes[name.Name]; ix != nil {
				ix.table.Uniques = slices.DeleteFunc(ix.table.Uniques, func(u *Unique) bool { return u == ix.unique })
			}
		}
	}
}

// remove drops tables, with their partitions and the views that read them.
func (l loader) remove(drop func(*Table) bool) {
	for {
		gone := slices.IndexFunc(l.Tables, drop)
		if gone < 0 {
			return
		}
		t := l.Tables[gone]
		l.Tables = slices.Delete(l.Tables, gone, gone+1)
		l.remove(func(other *Table) bool { return other.Parent == t || other.View.readsTable(t) })
	}
}

func (l loader) rename(d parse.DDL, s *parse.Rename) {
	t := l.lookup(s.Name)
	if s.Kind == "index" {
		if ix := l.indexes[s.Name.Name]; ix != nil {
			ix.unique.Name = s.To
			l.indexes[s.To] = ix
		}
		return
	}
	if t == nil {
		if !s.IfExists {
			l.missing(d, s.Name)
		}
		return
	}
	switch s.Kind {
	case "relation":
		l.renameReferences(t, t.Schema, s.To)
		t.Name, t.Spelling = s.To, s.Spelling
	case "schema of relation":
		l.renameReferences(t, s.To, t.Name)
		t.Schema = s.To
	case "column":
		l.renameColumn(t, s.From, s.To)
	case "constraint":
		for _, u := range t.Uniques {
			if u.Name == s.From {
				u.Name = s.To
			}
		}
		for _, f := range t.ForeignKeys {
			if f.Name == s.From {
				f.Name = s.To
			}
		}
	}
}

// renameReferences keeps foreign keys pointing at a table that gets a new name.
func (l loader) renameReferences(t *Table, schema, name string) {
	for _, other := range l.Tables {
		for _, f := range other.ForeignKeys {
			if f.RefSchema == t.Schema && f.RefTable == t.Name {
				f.RefSchema, f.RefTable = schema, name
			}
		}
	}
}

func (l loader) renameColumn(t *Table, from, to string) {
	replace := func(names []string) {
		for i := range names {
			if names[i] == from {
				names[i] = to
			}
		}
	}
	if c := t.Column(from); c != nil {
		c.Name = to
	}
	if t.View != nil {
		t.View.Err = &parse.Error{Message: "its column " + from + " was renamed after it was created"}
	}
	replace(t.PrimaryKey)
	for _, u := range t.Uniques {
		replace(u.Columns)
	}
	for _, f := range t.ForeignKeys {
		replace(f.Columns)
		replace(f.SetNull)
		replace(f.SetDefault)
	}
	for _, other := range l.Tables {
		for _, f := range other.ForeignKeys {
			if f.RefSchema == t.Schema && f.RefTable == t.Name {
				replace(f.RefColumns)
			}
		}
		if other.Parent == t {
			l.renameColumn(other, from, to)
		}
	}
}

// resolveForeignKeys fills in the referenced columns that were not written.
func (c *Catalog) resolveForeignKeys() {
	for _, t := range c.Tables {
		for _, f := range t.ForeignKeys {
			if ref := c.Lookup(f.RefSchema, f.RefTable); ref != nil && len(f.RefColumns) == 0 {
				f.RefColumns = slices.Clone(ref.PrimaryKey)
			}
		}
	}
}
