package ddl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIdentifier(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"customers":                  `customers`,
		"_a1":                        `_a1`,
		"order":                      `"order"`, // reserved
		"int":                        `"int"`,   // a name of a type only
		"left":                       `"left"`,  // a name of a function only
		"Customers":                  `"Customers"`,
		"1st":                        `"1st"`,
		"a b":                        `"a b"`,
		"a$$b":                       `"a$$b"`,
		"":                           `""`,
		`x"; DROP TABLE tenants; --`: `"x""; DROP TABLE tenants; --"`,
		"naïve":                      `"naïve"`,
		"a\nb":                       "\"a\nb\"",
	} {
		if diff := cmp.Diff(want, identifier(name)); diff != "" {
			t.Errorf("identifier(%q) (-want +got):\n%s", name, diff)
		}
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"app.current_tenant": `'app.current_tenant'`,
		`it's`:               `'it''s'`,
		`\'; DROP`:           `E'\\''; DROP'`,
		"":                   `''`,
	} {
		if diff := cmp.Diff(want, literal(text)); diff != "" {
			t.Errorf("literal(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestDollarTag(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{
		{"app_user"},
		{`"a$$b"`},
		{`"a$$b"`, `"$tenancy0$"`, `"$tenancy1$"`},
	} {
		tag := dollarTag(texts...)
		if strings.Contains(strings.Join(texts, "\n"), tag) {
			t.Errorf("dollarTag(%q) = %s, which occurs in them", texts, tag)
		}
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	if got := comment("a\nDROP TABLE b;\r\u2028c"); got != "a DROP TABLE b;  c" {
		t.Errorf("comment = %q", got)
	}
}

func TestCastType(t *testing.T) {
	t.Parallel()
	for sqlType, want := range map[string]string{
		"uuid":                        "uuid",
		"bigint":                      "bigint",
		"pg_catalog.int8":             "pg_catalog.int8",
		"character varying(3)":        "character varying",
		"varchar (3)":                 "varchar",
		"char(3)":                     "bpchar",
		"character(3)":                "bpchar",
		"numeric(10, 2)":              "numeric",
		"timestamp(3) with time zone": "timestamp with time zone",
		`app."Tenant Id"`:             `app."Tenant Id"`,
		"app.TenantID":                `app."TenantID"`,
	} {
		got, err := castType(sqlType)
		if err != nil || got != want {
			t.Errorf("castType(%q) = %q, %v; want %q", sqlType, got, err, want)
		}
	}
	for _, sqlType := range []string{"", "uuid[]", "bool OR true", "uuid); DROP TABLE b; --", `"open`, "uuid -- x"} {
		if got, err := castType(sqlType); err == nil {
			t.Errorf("castType(%q) = %q, want an error", sqlType, got)
		}
	}
}
