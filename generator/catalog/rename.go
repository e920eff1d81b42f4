package catalog

import (
	"github.com/tenancygen/tenancygen/generator/parse"
)

func (l loader) rename(d parse.DDL, s *parse.Rename) {
	t := l.lookup(s.Name)
	if s.Kind == "index" {
		l.renameIndex(s.Name.Name, s.To)
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
		if t.primaryKeyName == s.From {
			t.primaryKeyName = s.To
		}
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

// renameIndex gives an index another name, and with it the constraint that it is of.
func (l loader) renameIndex(from, to string) {
	if ix := l.indexes[from]; ix != nil {
		ix.unique.Name = to
		l.indexes[to] = ix
	}
	for _, t := range l.Tables {
		if t.primaryKeyName == from {
			t.primaryKeyName = to
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
