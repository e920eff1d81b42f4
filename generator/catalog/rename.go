package catalog

import (
	"github.com/tenancygen/tenancygen/generator/parse"
)

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
