package namespace

import (
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// Space is where the tables of one tenant are: in a schema of their own, or beside
// those of others with a prefix.
type Space struct {
	// Schema is the schema that the tables are in, or the database of MySQL, without
	// quotes; empty where names are not qualified.
	Schema string
	// Shared is the schema of what tenants share, where a foreign key has to say it;
	// empty where it has not.
	Shared string
	// Prefix is what their names begin with; empty in a schema of the tenant's own.
	Prefix string
	// Aliases is set where a table needs its name as an alias in a schema of its own, too.
	// A DELETE of MySQL from several tables looks for those that it names before FROM
	// without a database in the current one, unless they are aliases.
	Aliases bool
	// Backticks is set for MySQL, where double quotes may be around a string.
	Backticks bool
}

// Quote returns a name as SQL writes it in the space.
func (s Space) Quote(name string) string {
	if s.Backticks {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return Quote(name)
}

// Relation returns what a table, or another relation such as an index, is called in
// the space, without schema and quotes.
func (s Space) Relation(name string) string {
	if s.Prefix == "" {
		return name
	}
	return Table(s.Prefix, name)
}

// Qualified returns how SQL names a table in the space, whatever the search_path is.
func (s Space) Qualified(name string) string {
	if s.Schema == "" {
		return s.Quote(s.Relation(name))
	}
	return s.Quote(s.Schema) + "." + s.Quote(s.Relation(name))
}

// Render returns the text with every slot filled for the space.
func Render(text runtime.Text, s Space) string {
	if len(text.Slots) == 0 {
		return text.SQL
	}
	var out strings.Builder
	// A slot grows by the schema, quotes and prefix, and perhaps by an alias.
	grow := len(text.SQL)
	for _, slot := range text.Slots {
		grow += max(len(s.Schema), len(s.Shared)) + len(s.Prefix) + len(slot.Name) + 16
	}
	out.Grow(grow)
	end := 0
	for _, slot := range text.Slots {
		out.WriteString(text.SQL[end:slot.Start])
		switch slot.Kind {
		case runtime.SlotName:
			out.WriteString(s.Quote(s.Relation(slot.Name)))
		case runtime.SlotLiteral:
			out.WriteString(literal(s.Qualified(slot.Name)))
		case runtime.SlotShared:
			out.WriteString(Space{Schema: s.Shared, Backticks: s.Backticks}.Qualified(slot.Name))
		case runtime.SlotTable:
			out.WriteString(s.Qualified(slot.Name))
			if slot.Alias && (s.Prefix != "" || s.Aliases) {
				out.WriteString(" AS ")
				out.WriteString(s.Quote(slot.Name))
			}
		}
		if end = slot.End; strings.HasPrefix(text.SQL[end:], s.Quote("")[:1]) {
			out.WriteByte(' ') // two quoted names that meet would be one
		}
	}
	out.WriteString(text.SQL[end:])
	return out.String()
}

// literal returns a string as SQL writes it, whatever the server's setting for
// backslashes is.
func literal(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return " E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
