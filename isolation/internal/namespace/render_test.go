package namespace_test

import (
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// text makes a Text of SQL in which «name» is a table, «name*» one that the
// statement calls by that name, «!name» a bare name, and «'name'» a literal.
func text(t *testing.T, marked string) runtime.Text {
	t.Helper()
	var out runtime.Text
	for {
		before, rest, found := strings.Cut(marked, "«")
		out.SQL += before
		if !found {
			return out
		}
		name, after, found := strings.Cut(rest, "»")
		if !found {
			t.Fatalf("no » behind %q", rest)
		}
		slot := runtime.Slot{Start: len(out.SQL)}
		if bare, ok := strings.CutSuffix(name, "*"); ok {
			name, slot.Alias = bare, true
		}
		if bare, ok := strings.CutPrefix(name, "!"); ok {
			name, slot.Kind = bare, runtime.SlotName
		}
		out.SQL += name
		if strings.HasPrefix(name, "'") {
			name, slot.Kind = strings.Trim(name, "'"), runtime.SlotLiteral
		}
		slot.End, slot.Name = len(out.SQL), name
		out.Slots = append(out.Slots, slot)
		marked = after
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ sql, schema, prefix string }{
		"no slot": {"SELECT 1", "SELECT 1", "SELECT 1"},
		"alias": {
			"SELECT notes.id FROM «notes*» WHERE notes.id = $1",
			`SELECT notes.id FROM "tenant_a"."notes" WHERE notes.id = $1`,
			`SELECT notes.id FROM "public"."t_a__notes" AS "notes" WHERE notes.id = $1`,
		},
		"alias of the author's": {
			"SELECT * FROM «notes» n, «links» l",
			`SELECT * FROM "tenant_a"."notes" n, "tenant_a"."links" l`,
			`SELECT * FROM "public"."t_a__notes" n, "public"."t_a__links" l`,
		},
		"name": {
			"CREATE INDEX «!by_body» ON «notes» (body)",
			`CREATE INDEX "by_body" ON "tenant_a"."notes" (body)`,
			`CREATE INDEX "t_a__by_body" ON "public"."t_a__notes" (body)`,
		},
		"literal": {
			"id int DEFAULT nextval(«'ids'»)",
			`id int DEFAULT nextval('"tenant_a"."ids"')`,
			`id int DEFAULT nextval('"public"."t_a__ids"')`,
		},
		"alias without a blank": {
			`SELECT n.id FROM «notes»"n"`,
			`SELECT n.id FROM "tenant_a"."notes" "n"`,
			`SELECT n.id FROM "public"."t_a__notes" "n"`,
		},
		"quotes": {
			`SELECT «a"b*»`,
			`SELECT "tenant_a"."a""b"`,
			`SELECT "public"."t_a__a""b" AS "a""b"`,
		},
	} {
		in := text(t, tc.sql)
		if got := namespace.Render(in, namespace.Space{Schema: "tenant_a"}); got != tc.schema {
			t.Errorf("%s, schema: %s", name, got)
		}
		if got := namespace.Render(in, namespace.Space{Schema: "public", Prefix: "t_a__"}); got != tc.prefix {
			t.Errorf("%s, prefix: %s", name, got)
		}
	}
	odd := runtime.Text{SQL: "x('q')", Slots: []runtime.Slot{{Start: 2, End: 5, Name: `o'b\r`, Kind: runtime.SlotLiteral}}}
	if got, want := namespace.Render(odd, namespace.Space{Schema: "s"}), `x( E'"s"."o''b\\r"')`; got != want {
		t.Errorf("literal: %s, want %s", got, want)
	}
	several := text(t, "DELETE notes FROM «notes*» JOIN «links» AS l ON l.id = notes.id")
	if got, want := namespace.Render(several, namespace.Space{Schema: "tenant_a", Aliases: true}), `DELETE notes FROM "tenant_a"."notes" AS "notes" JOIN "tenant_a"."links" AS l ON l.id = notes.id`; got != want {
		t.Errorf("aliases: %s, want %s", got, want)
	}
	foreign := runtime.Text{SQL: "REFERENCES plans(id)", Slots: []runtime.Slot{{Start: 11, End: 16, Name: "plans", Kind: runtime.SlotShared}}}
	for want, space := range map[string]namespace.Space{
		"REFERENCES `app`.`plans`(id)": {Schema: "tenant_a", Shared: "app", Prefix: "t_a__", Backticks: true},
		`REFERENCES "plans"(id)`:       {Schema: "tenant_a", Prefix: "t_a__"},
	} {
		if got := namespace.Render(foreign, space); got != want {
			t.Errorf("shared: %s, want %s", got, want)
		}
	}
}
