package proposal_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/proposal"
	"github.com/tenancygen/tenancygen/generator/source"
)

func TestGuessEngine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, schema, engine, why string }{
		{"serial", "CREATE TABLE a (\n\tid bigserial PRIMARY KEY)", "postgresql", "bigserial in schema.sql:2"},
		{"identity", "CREATE TABLE a (id bigint GENERATED ALWAYS\n  AS IDENTITY)", "postgresql", "GENERATED ALWAYS AS IDENTITY in schema.sql:1"},
		{"a cast", "CREATE TABLE a (b text DEFAULT 'x'::text)", "postgresql", "::t in schema.sql:1"},
		{"auto_increment", "CREATE TABLE a (id INT UNSIGNED NOT NULL AUTO_INCREMENT, PRIMARY KEY (id)) ENGINE=InnoDB", "mysql", "UNSIGNED in schema.sql:1"},
		{"backticks alone", "CREATE TABLE `a` (`id` INT NOT NULL)", "mysql", "`a` in schema.sql:1"},
		{"autoincrement", "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite", "AUTOINCREMENT in schema.sql:1"},
		{"autoincrement beside backticks", "CREATE TABLE `a` (`id` INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite", "AUTOINCREMENT in schema.sql:1"},
		{"strict", "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT", "sqlite", ") STRICT in schema.sql:1"},
		{"brackets alone", "CREATE TABLE [a] ([id] INTEGER NOT NULL)", "sqlite", "[a] in schema.sql:1"},
		{"nothing", "CREATE TABLE a (id INTEGER PRIMARY KEY)", "postgresql", ""},
		{"comments and texts", "-- AUTO_INCREMENT\n/* UNSIGNED */ CREATE TABLE a (b text DEFAULT 'PRAGMA')", "postgresql", ""},
		{"as many of two", "CREATE TABLE a (id INT UNSIGNED); PRAGMA x", "postgresql", ""},
	} {
		engine, why := proposal.GuessEngine([]*source.File{source.NewFile("schema.sql", test.schema)})
		if engine != test.engine || why != test.why {
			t.Errorf("%s: %s by %q, want %s by %q", test.name, engine, why, test.engine, test.why)
		}
	}
}
