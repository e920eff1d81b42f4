package catalog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

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
		before := t.Keys()
		t.dropColumn(a.Name)
		l.dropUnkeyed(t, before)
	case parse.SetNotNull, parse.DropNotNull:
		t.setNotNull(a.Name, a.Kind == parse.SetNotNull)
	case parse.SetDefault, parse.DropDefault:
		if c := t.Column(a.Name); c != nil {
			c.HasDefault = a.Kind == parse.SetDefault || l.filledTypes[c.Type]
		}
	case parse.SetType:
		if c := t.Column(a.Name); c != nil && a.Column != nil {
			c.Type, c.Collation = l.Dialect.CanonicalType(a.Column.Type), t.collationOf(*a.Column)
			c.Textual, c.Length, c.Modifiers = a.Column.Textual, a.Column.Length, a.Column.Modifiers
			if a.Whole {
				c.Serial, c.Generated = a.Column.Serial, a.Column.Generated
			}
		}
	case parse.SetEngine:
		l.setEngine(t, a.Engine)
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

// givenForeignKey and givenUnique are how PostgreSQL and MySQL call constraints that the
// schema leaves without a name; a unique key is also called by its first column.
var (
	givenForeignKey = regexp.MustCompile(`_fkey\d*$|_ibfk_\d+$`)
	givenUnique     = regexp.MustCompile(`_key\d*$`)
	givenNumber     = regexp.MustCompile(`^(_\d+)?$`)
)

// dropConstraint drops the constraints of a name, or those of one kind that have it. Where
// none has it, the database may have given it to one that the schema leaves without a
// name: all of those go, since a key that is believed in and is not there would prove
// what does not hold.
func (l loader) dropConstraint(t *Table, a parse.AlterAction) {
	is := func(kind parse.ConstraintKind) bool { return a.Of == "" || a.Of == kind }
	known, before := t.hasConstraint(a.Name, is), t.Keys()
	t.Uniques = slices.DeleteFunc(t.Uniques, func(u *Unique) bool {
		return is(parse.UniqueConstraint) && (u.Name == a.Name || !known && u.Unnamed && u.givenName(a.Name))
	})
	t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, func(f *ForeignKey) bool {
		given := a.Of == parse.ForeignKeyConstraint || givenForeignKey.MatchString(a.Name)
		return is(parse.ForeignKeyConstraint) && (f.Name == a.Name || !known && f.Unnamed && given)
	})
	if a.Of == "" && a.Name == t.primaryKeyName || a.Of == parse.PrimaryKeyConstraint {
		t.PrimaryKey = nil
	}
	l.dropUnkeyed(t, before)
}

// dropUnkeyed drops the foreign keys that refer to a key of the table that it had before
// and has no more, as CASCADE does; without CASCADE there were none.
func (l loader) dropUnkeyed(t *Table, before [][]string) {
	for _, key := range before {
		if slices.ContainsFunc(t.Keys(), func(left []string) bool { return slices.Equal(left, key) }) {
			continue
		}
		l.dropReferencesTo(func(f *ForeignKey) bool {
			whole := len(f.RefColumns) == 0 && t.PrimaryKey == nil || len(f.RefColumns) == len(key)
			return f.RefSchema == t.Schema && f.RefTable == t.Name && whole &&
				!slices.ContainsFunc(f.RefColumns, func(c string) bool { return !slices.Contains(key, c) })
		})
	}
}

// dropReferencesTo drops foreign keys of whatever table.
func (l loader) dropReferencesTo(gone func(*ForeignKey) bool) {
	for _, t := range l.Tables {
		t.ForeignKeys = slices.DeleteFunc(t.ForeignKeys, gone)
	}
}

// givenName reports whether a database may have called the key so.
func (u *Unique) givenName(name string) bool {
	if len(u.Columns) > 0 {
		if number, ok := strings.CutPrefix(name, u.Columns[0]); ok && givenNumber.MatchString(number) {
			return true
		}
	}
	return givenUnique.MatchString(name)
}

// hasConstraint reports whether a constraint of some kinds has a name that is known.
func (t *Table) hasConstraint(name string, is func(parse.ConstraintKind) bool) bool {
	return is(parse.UniqueConstraint) && slices.ContainsFunc(t.Uniques, func(u *Unique) bool { return u.Name == name }) ||
		is(parse.ForeignKeyConstraint) && slices.ContainsFunc(t.ForeignKeys, func(f *ForeignKey) bool { return f.Name == name }) ||
		is(parse.PrimaryKeyConstraint) && t.PrimaryKey != nil && name == t.primaryKeyName
}
