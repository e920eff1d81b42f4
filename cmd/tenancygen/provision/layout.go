package provision

import (
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/runtime"
)

// layoutOf returns the layout as the generated package would have it, but for
// its statements, which making tables does not need.
func layoutOf(pkg *ir.Package) runtime.Layout {
	l := pkg.Layout
	out := runtime.Layout{
		Engine: pkg.Engine, Fingerprint: l.Fingerprint, Schema: pkg.DefaultSchema, Unmovable: l.Unmovable,
		IDs: runtime.IDForm(pkg.Tenant.IDs),
	}
	if pkg.RLS.Role != "" {
		out.Role, out.Setting = pkg.RLS.Role, pkg.RLS.Setting
	}
	for _, t := range l.Tables {
		table := runtime.Table{
			Schema: t.Schema, Name: t.Name, Class: runtime.Class(t.Class), View: t.View, Column: t.Column, Circle: t.Circle, Owned: t.Owned,
		}
		for _, c := range t.Columns {
			table.Columns = append(table.Columns, runtime.Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull})
		}
		for _, p := range t.Policies {
			table.Policies = append(table.Policies, runtime.Policy{Name: p.Name, Command: p.Command, Restrictive: p.Restrictive, Using: p.Using, Check: p.Check})
		}
		out.Tables = append(out.Tables, table)
	}
	for _, d := range l.DDL {
		out.DDL = append(out.DDL, runtime.DDL{Text: runtime.Text{SQL: d.SQL, Slots: slots(d.Slots)}, Shared: d.Shared, Creates: d.Creates})
	}
	return out
}

var slotKinds = map[ir.SlotKind]runtime.SlotKind{
	ir.SlotTable: runtime.SlotTable, ir.SlotName: runtime.SlotName, ir.SlotLiteral: runtime.SlotLiteral,
	ir.SlotShared: runtime.SlotShared,
}

func slots(list []ir.Slot) []runtime.Slot {
	var out []runtime.Slot
	for _, s := range list {
		out = append(out, runtime.Slot{Start: s.Start, End: s.End, Name: s.Name, Kind: slotKinds[s.Kind], Alias: s.Alias})
	}
	return out
}
