package catalog

import (
	"cmp"
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
	c := &Catalog{Dialect: d, indexes: map[string]*index{}, functions: map[string]bool{}, bodies: map[string][]*parse.FunctionBody{}, operators: map[string]bool{}, exactTypes: map[string]dialect.IDForm{}, filledTypes: map[string]bool{}, enums: map[string]bool{}, allowed: map[string]bool{}}
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
	l.setEngine(t, s.Engine)
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
		Name: def.Name, Type: l.Dialect.CanonicalType(def.Type), Length: def.Length, Modifiers: def.Modifiers, NotNull: def.NotNull || t.notNull[def.Name], HasDefault: def.HasDefault || l.filledTypes[l.Dialect.CanonicalType(def.Type)],
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
		t.PrimaryKey, t.primaryKeyName = k.Columns, cmp.Or(k.Name, k.UsingIndex, t.Name+"_pkey")
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
			l.renameIndex(k.UsingIndex, cmp.Or(k.Name, k.UsingIndex))
			return // the index is there already
		}
		name := k.Name
		if name == "" {
			name = t.Name + "_" + strings.Join(k.Columns, "_") + "_key"
		}
		l.addUnique(t, &Unique{Name: name, Unnamed: k.Name == "" || k.Unnamed, Columns: k.Columns})
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
		t.ForeignKeys = append(t.ForeignKeys, &ForeignKey{Name: name, Unnamed: k.Name == "" || k.Unnamed, Span: l.span(k.Pos, 1), Columns: k.Columns,
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

func (l loader) drop(s *parse.Drop) {
	for _, name := range s.Names {
		switch s.Kind {
		case "relation":
			if t := l.lookup(name); t != nil {
				l.dropReferencesTo(func(f *ForeignKey) bool {
					return s.References && f.RefSchema == t.Schema && f.RefTable == t.Name
				})
				l.remove(func(other *Table) bool { return other == t })
			}
		case "trigger", "rule":
			if t := l.lookup(name); t != nil {
				l.dropReaction(t, s.Kind == "rule", s.Part)
			}
		case "schema":
			l.dropReferencesTo(func(f *ForeignKey) bool { return s.References && f.RefSchema == name.Name })
			l.remove(func(t *Table) bool { return t.Schema == name.Name })
		case "index":
			if ix := l.indexes[name.Name]; ix != nil {
				before := ix.table.Keys()
				ix.table.Uniques = slices.DeleteFunc(ix.table.Uniques, func(u *Unique) bool { return u == ix.unique })
				if s.References {
					l.dropUnkeyed(ix.table, before)
				}
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
