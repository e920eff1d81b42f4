package slot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// unmovable returns an *Unmovable for a statement that mentions tenants' tables where
// there are no slots: by a type, by a name in a string, or before a column.
func (t *Tables) unmovable(sql string) error {
	var found *Unmovable
	_, err := t.cat.Dialect.Outline(sql, func(m *parse.Mention) {
		if found == nil {
			found = t.without(m)
		}
	})
	if found != nil {
		return found
	}
	return err
}

// without returns why a mention can have no slot; nil where it can or needs none.
func (t *Tables) without(m *parse.Mention) *Unmovable {
	switch named := t.named(m); {
	case m.Kind == parse.TypeMention && slices.Contains([]string{"regclass", "regtype"}, strings.TrimPrefix(m.Name, "_")):
		return &Unmovable{"casts to " + m.Name + ", by which a table is known by its place", "leave the cast out"}
	case !named:
		return nil
	case m.Kind == parse.TypeMention:
		return &Unmovable{fmt.Sprintf("uses the row type of table %q, which is another one for each tenant", m.Name), "declare a type with CREATE TYPE"}
	case m.Kind == parse.ColumnMention:
		return &Unmovable{
			fmt.Sprintf("names a column of %q with the table's schema", m.Name),
			fmt.Sprintf("write %s, without the schema, before the column", t.cat.Dialect.Quote(m.Name)),
		}
	case m.Kind == parse.ArgumentMention && !isNextval(m.Function):
		return &Unmovable{fmt.Sprintf("gives the name of a tenants' table to the function %q", m.Function), "leave the function out"}
	}
	return nil
}

// named reports whether a mention is of a relation that belongs to tenants, or of its
// type.
func (t *Tables) named(m *parse.Mention) bool {
	schema, name := m.Schema, m.Name
	switch m.Kind {
	case parse.ArgumentMention:
		var ok bool
		if schema, name, ok = t.cat.Dialect.SplitName(m.Text); !m.Constant || !ok || !t.takesRelation(m) {
			return false
		}
		if own, known := t.sequences[key(schema, name)]; known {
			return own
		}
	case parse.TypeMention:
		// The type of an array of a table's rows has the table's name after a "_".
		if t.own[key(schema, strings.TrimPrefix(name, "_"))] {
			return true
		}
	}
	return t.own[key(schema, name)]
}

// takesRelation reports whether a function may take a string for the name of a
// relation: nextval does, and of one that the configuration allows nothing is known.
func (t *Tables) takesRelation(m *parse.Mention) bool {
	return isNextval(m.Function) || t.cat.Function(m.Function) == dialect.FunctionAllowed
}
