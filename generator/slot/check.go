package slot

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Check fills the slots of a statement with names that nobody has, once those of a
// schema and once those with a prefix, and compares the syntax trees: where the
// statement names a table of tenants, the filled one has to name the other, called as
// before, and it has to be the same in everything else. The error says what is not so.
//
// It finds the tables in the parser's own tree, of which it goes through every node.
func (t *Tables) Check(sql string, slots []ir.Slot) error {
	d := t.cat.Dialect
	schema, prefixes := markSchema, []string{"", markPrefix}
	if !d.QualifiesTables() {
		schema, prefixes = "", prefixes[1:]
	}
	for _, prefix := range prefixes {
		names := marks{d, schema, prefix}
		want, err := d.Outline(sql, func(m *parse.Mention) { t.expect(m, names) })
		if err != nil {
			return err
		}
		filled, err := names.fill(sql, slots)
		if err != nil {
			return err
		}
		left := ""
		got, err := d.Outline(filled, func(m *parse.Mention) {
			if !names.remove(m) && t.named(m) {
				left = m.Name + m.Text
			}
		})
		switch {
		case err != nil:
			return fmt.Errorf("with other names it cannot be read: %w", err)
		case left != "":
			return fmt.Errorf("with other names it still names %q", left)
		case got != want:
			return fmt.Errorf("with other names it is another statement: %s", filled)
		}
	}
	return nil
}

// The names that the slots are filled with. They need quotes in every way, and are as
// they are in a dialect that folds all names.
const (
	markSchema = `some "tenant's" schema`
	markPrefix = `t"1__`
	// marked stands for the schema of a tenant's table in an outline. No name has a
	// NUL.
	marked = "\x00tenant"
)

// marks are the names of one kind of namespace.
type marks struct {
	dialect        dialect.Dialect
	schema, prefix string
}

// ownName reports whether a mention is of, or before a column of, a table that cannot
// have an alias at its place: its new name stands there.
func (n marks) ownName(m *parse.Mention) bool {
	return m.Written != parse.NotWritten && (!n.dialect.AliasesTarget(m.Written) || m.Returned && n.dialect.ReturnsByName())
}

// expect marks what the statement says of tenants' tables, as the filled one has to
// say it. In a schema of its own a table keeps its name, and with a prefix it has the
// name as its alias where it can have one.
func (t *Tables) expect(m *parse.Mention, names marks) {
	if !t.named(m) {
		return
	}
	switch m.Kind {
	case parse.RelationMention:
		m.Schema = marked
		if m.Alias == "" && names.prefix != "" && !names.ownName(m) {
			m.Alias = m.Name
		}
	case parse.ArgumentMention:
		_, name, _ := names.dialect.SplitName(m.Text)
		m.Text = marked + name
	case parse.ConstraintMention:
		m.Text = marked + m.Text
	case parse.QualifierMention:
		if names.ownName(m) {
			m.Text = marked + m.Text
		}
	}
}

// remove turns what the filled statement says back, and reports whether it was
// filled.
func (n marks) remove(m *parse.Mention) bool {
	switch m.Kind {
	case parse.RelationMention:
		name, ok := strings.CutPrefix(m.Name, n.prefix)
		if m.Schema != n.schema || !ok {
			return false
		}
		m.Schema, m.Name = marked, name
		return true
	case parse.ArgumentMention:
		schema, whole, _ := n.dialect.SplitName(m.Text)
		name, ok := strings.CutPrefix(whole, n.prefix)
		if schema != markSchema || !ok {
			return false
		}
		m.Text = marked + name
		return true
	case parse.ConstraintMention, parse.QualifierMention:
		name, ok := strings.CutPrefix(m.Text, n.prefix)
		if m.Schema != n.schema || !ok || m.Kind == parse.QualifierMention && !n.ownName(m) {
			return false
		}
		m.Text = marked + name
		return true
	}
	return false
}

// fill writes the names into the slots.
func (n marks) fill(sql string, slots []ir.Slot) (string, error) {
	var out strings.Builder
	at := 0
	for _, s := range slots {
		if s.Start < at || s.End <= s.Start || s.End > len(sql) {
			return "", fmt.Errorf("a slot is not in the text: %d to %d", s.Start, s.End)
		}
		out.WriteString(sql[at:s.Start])
		name := n.quoted(n.prefix + s.Name)
		if s.Kind != ir.SlotName && n.schema != "" {
			name = n.quoted(n.schema) + "." + name
		}
		switch {
		case s.Kind == ir.SlotName:
		case s.Kind == ir.SlotLiteral:
			name = "'" + strings.ReplaceAll(name, "'", "''") + "'"
		case s.Alias && n.prefix != "":
			name += " AS " + n.quoted(s.Name)
		}
		out.WriteString(name)
		if at = s.End; strings.HasPrefix(sql[at:], n.mark()) {
			out.WriteByte(' ') // two quoted names that meet would be one
		}
	}
	out.WriteString(sql[at:])
	return out.String(), nil
}

// quoted is a name in quotes, also where it needs none.
func (n marks) quoted(name string) string {
	mark := n.mark()
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// mark is what the dialect has around a name.
func (n marks) mark() string { return n.dialect.Quote(" ")[:1] }
