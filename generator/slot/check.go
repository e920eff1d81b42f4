package slot

import (
	"fmt"
	"strings"

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
	for _, prefix := range []string{"", markPrefix} {
		want, err := parse.Outline(sql, func(m *parse.Mention) { t.expect(m, prefix) })
		if err != nil {
			return err
		}
		filled, err := fill(sql, slots, prefix)
		if err != nil {
			return err
		}
		left := ""
		got, err := parse.Outline(filled, func(m *parse.Mention) {
			if !unmark(m, prefix) && t.named(m) {
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

// The names that the slots are filled with. They need quotes in every way.
const (
	markSchema = `Some "tenant's" schema`
	markPrefix = `T"1__`
	// marked stands for the schema of a tenant's table in an outline. No name has a
	// NUL.
	marked = "\x00tenant"
)

// expect marks what the statement says of tenants' tables, as the filled one has to
// say it. In a schema of its own a table keeps its name, and with a prefix it has the
// name as its alias.
func (t *Tables) expect(m *parse.Mention, prefix string) {
	if !t.named(m) {
		return
	}
	switch m.Kind {
	case parse.RelationMention:
		m.Schema = marked
		if m.Alias == "" && prefix != "" {
			m.Alias = m.Name
		}
	case parse.ArgumentMention:
		_, name, _ := parse.SplitName(m.Text)
		m.Text = marked + name
	case parse.ConstraintMention:
		m.Text = marked + m.Text
	}
}

// unmark turns what the filled statement says back, and reports whether it was
// filled.
func unmark(m *parse.Mention, prefix string) bool {
	switch m.Kind {
	case parse.RelationMention:
		name, ok := strings.CutPrefix(m.Name, prefix)
		if m.Schema != markSchema || !ok {
			return false
		}
		m.Schema, m.Name = marked, name
		return true
	case parse.ArgumentMention:
		schema, whole, _ := parse.SplitName(m.Text)
		name, ok := strings.CutPrefix(whole, prefix)
		if schema != markSchema || !ok {
			return false
		}
		m.Text = marked + name
		return true
	case parse.ConstraintMention:
		name, ok := strings.CutPrefix(m.Text, prefix)
		if m.Schema != markSchema || !ok {
			return false
		}
		m.Text = marked + name
		return true
	}
	return false
}

// fill writes names that nobody has into the slots.
func fill(sql string, slots []ir.Slot, prefix string) (string, error) {
	var out strings.Builder
	at := 0
	for _, s := range slots {
		if s.Start < at || s.End <= s.Start || s.End > len(sql) {
			return "", fmt.Errorf("a slot is not in the text: %d to %d", s.Start, s.End)
		}
		out.WriteString(sql[at:s.Start])
		name := quoted(markSchema) + "." + quoted(prefix+s.Name)
		switch {
		case s.Kind == ir.SlotName:
			name = quoted(prefix + s.Name)
		case s.Kind == ir.SlotLiteral:
			name = "'" + strings.ReplaceAll(name, "'", "''") + "'"
		case s.Alias && prefix != "":
			name += " AS " + quoted(s.Name)
		}
		out.WriteString(name)
		if at = s.End; strings.HasPrefix(sql[at:], `"`) {
			out.WriteByte(' ') // two quoted names that meet would be one
		}
	}
	out.WriteString(sql[at:])
	return out.String(), nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
