package catalog

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// reaction is a trigger or rule of a table.
type reaction struct {
	rule     bool
	name     string
	function parse.ObjectName
	span     source.Span
}

// plainTriggers are functions for triggers, of PostgreSQL and of the extensions
// that come with it, that look at nothing but the row.
var plainTriggers = strings.Fields(`tsvector_update_trigger tsvector_update_trigger_column suppress_redundant_updates_trigger
	moddatetime autoinc insert_username lo_manage`)

func (l loader) addReaction(on *parse.OnTable, pos int) {
	t := l.lookup(on.Table)
	if t == nil {
		return
	}
	l.dropReaction(t, on.Rule, on.Name) // OR REPLACE
	t.reactions = append(t.reactions, reaction{on.Rule, on.Name, on.Function, l.span(pos, len("CREATE"))})
}

func (l loader) dropReaction(t *Table, rule bool, name string) {
	t.reactions = slices.DeleteFunc(t.reactions, func(r reaction) bool { return r.rule == rule && r.name == name })
}

// checkReactions reports foreign keys that the server may not have, the rules on a table, after which no statement on it
// means what it says, and the triggers whose functions may look at other rows
// than the one at hand. It sees no further than the functions' text: what a
// trigger does is the schema's, and outside of what is proved.
func (k *classifier) checkReactions(t *Table) {
	if t.Tenancy.Class == ir.ClassExcluded {
		return
	}
	for _, f := range t.ForeignKeys {
		if f.Inline && t.Tenancy.Class != ir.ClassGlobal {
			k.report.Errorf(diag.SchemaUnsupported, f.Span, "MySQL reads over the REFERENCES behind the column %s of %q", joined(f.Columns), t.QualifiedName()).
				WithHelp("write FOREIGN KEY (%s) REFERENCES … as a constraint of the table", joined(f.Columns))
		}
	}
	for _, r := range t.reactions {
		if r.rule {
			k.report.Errorf(diag.SchemaUnsupported, r.span, "rule %q makes something else of the statements on table %q", r.name, t.QualifiedName()).
				WithHelp("use a trigger in its place, or declare the table excluded")
			continue
		}
		if why := k.unseen(r.function); why != "" {
			k.report.Warnf(diag.TriggerUnseen, r.span, "trigger %q on table %q calls a function that %s: what it does there is tied to no tenant", r.name, t.QualifiedName(), why).
				WithHelp("look at NEW and OLD alone in it, or compare the tenant columns yourself: the tool does not change functions")
		}
	}
}

// unseen says why a trigger's function may touch other rows than the one at hand;
// it is empty when its text shows none.
func (k *classifier) unseen(name parse.ObjectName) string {
	bodies := k.bodies[name.Name]
	if len(bodies) == 0 {
		if slices.Contains(plainTriggers, name.Name) {
			return ""
		}
		return "the schema does not show"
	}
	for _, b := range bodies {
		if b.Dynamic {
			return "runs SQL that its text does not show"
		}
		for _, t := range k.Tables {
			if t.Tenancy.Class != ir.ClassExcluded && slices.Contains(b.Tables, strings.ToLower(t.Name)) {
				return "uses table " + t.QualifiedName()
			}
		}
	}
	return ""
}

// Opaque says why a function may use other tables than its text names; it is empty
// for one of which the text shows all, and for one that the configuration allows.
func (c *Catalog) Opaque(name string) string {
	if c.allowed[name] {
		return ""
	}
	bodies := c.bodies[name]
	if len(bodies) == 0 && !slices.Contains(plainTriggers, name) {
		return "the schema does not show"
	}
	for _, b := range bodies {
		if b.Dynamic {
			return "runs SQL that its text does not show"
		}
	}
	return ""
}
