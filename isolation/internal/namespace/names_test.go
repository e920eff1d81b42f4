package namespace_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestNames(t *testing.T) {
	t.Parallel()
	hash := `_[a-z2-7]{16}`
	for id, want := range map[string]string{
		"acme":                                 "tenant_acme",
		"acme_corp":                            "tenant_acme_corp",
		"42":                                   "tenant_42",
		"6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60": "tenant_6f1c2a9e_0d5b_4c6e_8f2a_1b2c3d4e5f60",
		"6f1c2a9e_0d5b_4c6e_8f2a_1b2c3d4e5f60": "tenant_6f1c2a9e_0d5b_4c6e_8f2a_1b2c3d4e5f60" + hash,
		"6F1C2A9E-0D5B-4C6E-8F2A-1B2C3D4E5F60": "tenant_6f1c2a9e_0d5b_4c6e_8f2a_1b2c3d4e5f60"[:7+36] + hash,
		"Acme":                                 "tenant_acme" + hash,
		"acme corp":                            "tenant_acme_corp" + hash,
		"acme-corp":                            "tenant_acme_corp" + hash,
		"acme__corp":                           "tenant_acme_corp" + hash,
		"_acme":                                "tenant_acme" + hash,
		"acme_":                                "tenant_acme" + hash,
		"acme_abcdefghijklmnop":                "tenant_acme_abcdefghijklmnop" + hash,
		`a"; DROP SCHEMA b; --`:                "tenant_a_drop_schema_b" + hash,
		"日本":                                   "tenant_id" + hash,
		"a\x00b":                               "tenant_a_b" + hash,
		"acme\n":                               "tenant_acme" + hash,
		"\xff":                                 "tenant_id" + hash,
		"../acme":                              "tenant_acme" + hash,
		"public":                               "tenant_public",
		"pg_catalog":                           "tenant_pg_catalog",
		strings.Repeat("a", 56):                "tenant_a{56}",
		strings.Repeat("a", 57):                "tenant_a{39}" + hash,
		strings.Repeat("ab_", 40):              "tenant_(ab_){12}ab" + hash,
	} {
		got, err := namespace.Schema(id)
		if err != nil || !regexp.MustCompile(`\A`+want+`\z`).MatchString(got) {
			t.Errorf("Schema(%q) = %q, %v, want %s", id, got, err, want)
		}
		if database, err := namespace.Database(id); err != nil || database != got {
			t.Errorf("Database(%q) = %q, %v", id, database, err)
		}
	}
	for _, f := range []func(string) (string, error){namespace.Schema, namespace.Database, namespace.Prefix} {
		if got, err := f(""); got != "" || !errors.Is(err, runtime.ErrNoTenant) {
			t.Errorf("without an id: %q, %v", got, err)
		}
	}
}

// Names are kept for as long as the tenants are: a change of them loses data.
func TestNamesStay(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"Acme":                   "tenant_acme_g4bwzwhzorwtguby",
		"a'b":                    "tenant_a_b_yzsux53ak4y7bxhe",
		strings.Repeat("ab", 99): "tenant_abababababababababababababababababababa_3poh22znxmt5tkel",
	} {
		if got, _ := namespace.Schema(id); got != want {
			t.Errorf("Schema(%q) = %q, want %q", id, got, want)
		}
	}
	prefix, err := namespace.Prefix("Acme")
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]string{
		"notes":                 "t_acme_g4bwzwhzorwtguby__notes",
		strings.Repeat("n", 60): "t_acme_g4bwzwhzorwtguby__nnnnnnnnnnnnnnnnnnnnn_fy5ukdat5z5ckyr3",
	} {
		if got := namespace.Table(prefix, table); got != want {
			t.Errorf("Table(%q) = %q, want %q", table, got, want)
		}
	}
}

var shape = regexp.MustCompile(`\A[a-z][a-z0-9]*(_[a-z0-9]+)*\z`)

// alike draws two ids of which one may be a variant of the other, in the ways in
// which other systems take two for one.
func alike(t *rapid.T) (a, b string) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a", "b", "A", "_", "__", "-", ".", " ", "\x00", "\n", `"`, "t_", "tenant_", "ß", "ss", "ü", "u\u0308", "İ", "i", "ı", "\u212a", "k",
			"\u200b", "/", "..", "'", "$1", "c3d4", "abcdefghijklmnop", "_abcdefghijklmnop", "6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60", "日本", "\xff",
			strings.Repeat("x", 30), strings.Repeat("ü", 30),
		}),
		rapid.String(), rapid.StringMatching(`[a-z0-9_]{1,8}`))
	id := rapid.Map(rapid.SliceOfN(piece, 1, 5), func(s []string) string { return strings.Join(s, "") })
	a = id.Draw(t, "a")
	variants := []string{
		strings.ToLower(a), strings.ToUpper(a), strings.TrimSpace(a), a + " ", a + "_", a + "\x00",
		strings.ReplaceAll(a, "-", "_"), strings.ReplaceAll(a, "__", "_"), strings.ToValidUTF8(a, "_"),
	}
	for _, f := range []func(string) (string, error){namespace.Schema, namespace.Prefix} {
		// The names themselves, as ids of somebody who has seen them.
		if name, err := f(a); err == nil {
			variants = append(variants, name, strings.TrimPrefix(name, "tenant_"), strings.Trim(strings.TrimPrefix(name, "t_"), "_"))
		}
	}
	if rapid.Bool().Draw(t, "variant") {
		return a, rapid.SampledFrom(variants).Draw(t, "b")
	}
	return a, id.Draw(t, "b")
}

func TestNamesAreInjective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		for kind, f := range map[string]func(string) (string, error){"schema": namespace.Schema, "database": namespace.Database, "prefix": namespace.Prefix} {
			nameA, errA := f(a)
			nameB, errB := f(b)
			if (errA != nil) != (a == "") || (errB != nil) != (b == "") {
				t.Fatalf("%s: %v, %v", kind, errA, errB)
			}
			if a != b && nameA == nameB {
				t.Fatalf("%s: %q and %q are both %q", kind, a, b, nameA)
			}
			if a != "" && (len(nameA) > 63 || !shape.MatchString(strings.TrimSuffix(nameA, "__"))) {
				t.Fatalf("%s: %q is %q", kind, a, nameA)
			}
		}
	})
}

// Two tables have one name only when tenant and table are the same, also where the
// name of the one is cut and that of the other is made to look like it.
func TestTablesAreInjective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		idA, idB := alike(t)
		tableA, tableB := alike(t)
		if rapid.Bool().Draw(t, "same tenant") {
			idB = idA
		}
		if idA == "" || idB == "" {
			return
		}
		prefixA, _ := namespace.Prefix(idA)
		prefixB, _ := namespace.Prefix(idB)
		nameA, nameB := namespace.Table(prefixA, tableA), namespace.Table(prefixB, tableB)
		if rapid.Bool().Draw(t, "made") {
			// A table that is called what the other's name is behind the prefix.
			if rest, ok := strings.CutPrefix(nameA, prefixB); ok {
				tableB = rest
				nameB = namespace.Table(prefixB, tableB)
			}
		}
		if len(nameA) > 63 {
			t.Fatalf("%q is %d bytes long", nameA, len(nameA))
		}
		if nameA == nameB && (idA != idB || tableA != tableB) {
			t.Fatalf("%q.%q and %q.%q are both %q", idA, tableA, idB, tableB, nameA)
		}
	})
}

func TestStored(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"acme":                  true,
		"_acme":                 true,
		"customer_7":            true,
		"tenant_acme":           true, // what the id makes
		strings.Repeat("a", 63): true,

		"":                         false,
		strings.Repeat("a", 64):    false,
		"tenant_other":             false,
		"tenant_":                  false,
		"public":                   false,
		"app":                      false, // the reserved one of the call
		"pg_catalog":               false,
		"pg_":                      false,
		"information_schema":       false,
		"postgres":                 false,
		"template0":                false,
		"template1":                false,
		"tenancy":                  false,
		"Acme":                     false,
		"7acme":                    false,
		"acme\n":                   false,
		"acme\x00":                 false,
		"acme-corp":                false,
		`acme"; DROP SCHEMA x; --`: false,
		"acme.notes":               false,
		"ünï":                      false,
		" acme":                    false,
	} {
		got, err := namespace.Stored(name, "acme", "app")
		switch {
		case ok && (err != nil || got != name):
			t.Errorf("Stored(%q) = %q, %v", name, got, err)
		case !ok && (got != "" || !errors.Is(err, runtime.ErrNamespaceName)):
			t.Errorf("Stored(%q) = %q, %v, want ErrNamespaceName", name, got, err)
		}
	}
	if _, err := namespace.Stored("acme", ""); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("without an id: %v", err)
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": `"a"`, `a"b`: `"a""b"`, `"; DROP SCHEMA x; --`: `"""; DROP SCHEMA x; --"`} {
		if got := namespace.Quote(name); got != want {
			t.Errorf("Quote(%q) = %s", name, got)
		}
	}
}
