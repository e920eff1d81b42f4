package chinook

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const addedConfig = `version: "1"
engine: %s
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id}
tables: {genre: global, %s: global}
crud: {default: [get, list, count, create, update, delete, upsert]}
go:
  package: gen
  out: gen
  sql_package: database/sql
  rename:
%s`

// shop are the tables that get a column for the tenant, parents first. The rest are the
// genres and the types of media, which all share.
var shop = []string{"artist", "album", "track", "playlist", "playlist_track", "employee", "customer", "invoice", "invoice_line"}

// writeAdded writes the project of an engine whose tables have a column for the tenant.
func (e *engine) writeAdded(t *testing.T, dir string, of map[string][]string) {
	t.Helper()
	write(t, filepath.Join(dir, "schema.sql"), e.withTenant(readScript(t, e.script).schema, e.tenant+" NOT NULL"))
	write(t, filepath.Join(dir, "tenancy.yaml"), fmt.Sprintf(addedConfig, e.name, e.folded("media_type"), e.renames(of)))
	write(t, filepath.Join(dir, "queries.sql"), renamed(read(t, "testdata/added.sql"), names(of), e.spelled))
	write(t, filepath.Join(dir, "added.go"), strings.ReplaceAll(read(t, filepath.Join("testdata", "program", "added.go")), "ENGINE", e.name))
}

var (
	aTable  = regexp.MustCompile("CREATE TABLE [`[]?(\\w+)[`\\]]?\\s*\\((?s:.*?)\\n\\);")
	aKey    = regexp.MustCompile(`PRIMARY KEY\s*\(`)
	aParent = regexp.MustCompile("FOREIGN KEY \\(([^)]*)\\)(\\s*)REFERENCES [`[]?(\\w+)[`\\]]? \\(")
)

// withTenant gives the tables of the shop a column for the tenant, which begins every
// primary key, and every foreign key from one to another.
func (e *engine) withTenant(schema, column string) string {
	inShop := func(name string) bool {
		return slices.ContainsFunc(shop, func(table string) bool { return e.spelled(table) == name })
	}
	schema = aTable.ReplaceAllStringFunc(schema, func(table string) string {
		if !inShop(aTable.FindStringSubmatch(table)[1]) {
			return table
		}
		table = strings.Replace(table, "(", "(\n    tenant_id "+column+",", 1)
		return aKey.ReplaceAllString(table, "PRIMARY KEY (tenant_id, ")
	})
	return aParent.ReplaceAllStringFunc(schema, func(key string) string {
		if !inShop(aParent.FindStringSubmatch(key)[3]) {
			return key
		}
		return strings.ReplaceAll(key, "(", "(tenant_id, ")
	})
}

// scriptsAdded make a database where acme has the rows of Chinook, and globex a part of
// them, under the same numbers.
func (e *engine) scriptsAdded(t *testing.T, of map[string][]string) []string {
	t.Helper()
	s := readScript(t, e.script)
	scripts := []string{e.withTenant(s.schema, e.tenant+" DEFAULT 'acme' NOT NULL"), s.rows}
	for _, table := range shop {
		var columns []string
		for _, column := range of[table] {
			columns = append(columns, e.spelled(column))
		}
		list, part := strings.Join(columns, ", "), ""
		switch table {
		case "invoice", "invoice_line":
			part = " AND " + e.spelled("invoice_id") + " <= 200"
		case "playlist_track":
			part = " AND " + e.spelled("track_id") + " <= 2000"
		}
		scripts = append(scripts, fmt.Sprintf("INSERT INTO %s (tenant_id, %s) SELECT 'globex', %[2]s FROM %[1]s WHERE tenant_id = 'acme'%[3]s ORDER BY %[4]s",
			e.spelled(table), list, part, columns[0]))
	}
	return scripts
}
