package generator

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// corpusTenants are ids that fit every type of tenant column in the corpora.
var corpusTenants = map[string][]string{
	"uuid":   {"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"},
	"bigint": {"1", "2", "3"}, "integer": {"1", "2", "3"}, "text": {"1", "2", "3"},
	"varbinary": {"1", "2", "3"}, "varchar": {"1", "2", "3"}, "int": {"1", "2", "3"},
}

// systemOf are the databases by their names in a configuration.
var systemOf = map[string]equivalence.System{"postgresql": equivalence.PostgreSQL, "mysql": equivalence.MySQL, "sqlite": equivalence.SQLite}

// corpus counts what became of the statements of somebody else's projects.
type corpus struct {
	statements, accepted, compared, meaningful int
	refused                                    map[diag.Code]int
	classes                                    map[string]int
	known                                      map[string]int
	unprepared                                 []string
}

func newCorpus() *corpus {
	return &corpus{refused: map[diag.Code]int{}, classes: map[string]int{}, known: map[string]int{}}
}

// Why a statement of a corpus may differ. Its schema is somebody else's.
const (
	keyOfAll    = "a unique key that does not hold the tenant"
	sampled     = "TABLESAMPLE takes its rows from all tenants', which is a warning"
	lookupFirst = "a parent that is not the tenant's is refused before a conflict is looked for"
	castHelps   = "the author's statement lacks a cast that the tenant's parameter has"
	nobodys     = "a child without a parent would be nobody's row"
)

// knownInCorpus is why a difference is expected; empty when it is not.
func knownInCorpus(s *statement, d *equivalence.Difference) string {
	upsert := strings.Contains(strings.ToUpper(s.text.Text), "ON CONFLICT")
	switch {
	case strings.Contains(d.Detail, "+ ERROR: duplicate key value violates unique constraint"),
		upsert && strings.Contains(d.Detail, "- ERROR: duplicate key value") && strings.HasSuffix(strings.TrimSpace(d.Detail), "INSERT 0 0"):
		return keyOfAll
	case strings.Contains(d.Detail, "- ERROR: column") && strings.Contains(d.Detail, "SQLSTATE 42804"):
		return castHelps
	case s.plan.ConflictGuard || upsert && d.Kind == equivalence.Tag:
		return keyOfAll
	case upsert && s.looksUp() && d.Kind == equivalence.Failure && strings.Contains(d.Detail, "+ ERROR: null value in column"):
		return lookupFirst
	case s.looksUp() && mySQLStricter.MatchString(d.Detail):
		return lookedUpFirst
	case strings.Contains(d.Detail, "+ ERROR: value for domain information_schema.yes_or_no") && d.Orphans:
		return nobodys
	}
	return ""
}

// compare runs a project's statements on rows that are made up.
func (c *corpus) compare(t *testing.T, p *oracleProject, lists int, pairs ...*equivalence.Pair) {
	t.Helper()
	meaningful := map[string]bool{}
	for _, pair := range pairs {
		for _, s := range p.statements {
			if s.status() != StatusAccepted {
				continue
			}
			if slices.ContainsFunc(s.report.Sorted(), func(d *diag.Diagnostic) bool { return d.Code == diag.SampleOfAll }) {
				c.known[sampled]++
				continue
			}
			st := s.forOracle()
			all, err := pair.Arguments(t.Context(), st, lists)
			if errors.Is(err, equivalence.ErrScopedAlone) {
				t.Error(err)
			}
			if err != nil {
				c.unprepared = append(c.unprepared, err.Error())
				continue
			}
			for _, args := range all {
				o, err := pair.Compare(t.Context(), st, args)
				if err != nil {
					t.Fatal(err)
				}
				c.compared++
				c.classes[o.Class]++
				if o.Rows > 0 {
					meaningful[s.text.Name] = true
				}
				if o.Class == equivalence.TimedOut {
					break // it recurses for ever whatever the arguments
				}
				if o.Difference == nil {
					continue
				}
				why := knownInCorpus(s, o.Difference)
				if c.known[why]++; why == "" {
					t.Errorf("%s", o.Difference)
					break
				}
			}
		}
	}
	c.meaningful += len(meaningful)
}

// add adds the counts of another one.
func (c *corpus) add(o *corpus) {
	c.statements, c.accepted, c.compared, c.meaningful = c.statements+o.statements, c.accepted+o.accepted, c.compared+o.compared, c.meaningful+o.meaningful
	c.unprepared = append(c.unprepared, o.unprepared...)
	for code, n := range o.refused {
		c.refused[code] += n
	}
	for class, n := range o.classes {
		c.classes[class] += n
	}
	for why, n := range o.known {
		c.known[why] += n
	}
}

// count counts a project's statements and returns how many are accepted.
func (c *corpus) count(p *oracleProject) int {
	before := c.accepted
	for _, s := range p.statements {
		c.statements++
		switch s.status() {
		case StatusAccepted:
			c.accepted++
		case StatusRefused:
			all := s.report.Sorted()
			c.refused[all[slices.IndexFunc(all, (*diag.Diagnostic).IsError)].Code]++
		}
	}
	return c.accepted - before
}

func (c *corpus) log(t *testing.T) {
	t.Helper()
	var refused []string
	for _, code := range slices.Sorted(maps.Keys(c.refused)) {
		refused = append(refused, fmt.Sprintf("%s %d", code, c.refused[code]))
	}
	t.Logf("%d statements: %d accepted, refused by code: %s; %d comparisons, %d statements returned or changed rows, not prepared %d, errors on both sides by class %v, known differences %v",
		c.statements, c.accepted, strings.Join(refused, ", "), c.compared, c.meaningful, len(c.unprepared), c.classes, c.known)
	for _, what := range c.unprepared {
		t.Log(what)
	}
}

// TestEquivalenceOfMinder compares minder's statements on rows that are made up
// from its schema.
func TestEquivalenceOfMinder(t *testing.T) {
	t.Parallel()
	p := compileInput(t, readMinder(t), nil)
	tenants := corpusTenants["uuid"]
	schema := strings.ReplaceAll(p.schema, "INDEX CONCURRENTLY", "INDEX") // all of it is one transaction
	lab := equivalence.New(t, equivalence.Project{Catalog: p.catalog, Schema: schema, Tenants: tenants})
	c := newCorpus()
	c.count(p)
	c.compare(t, p, 8, lab.Pair(t, tenants[0]), lab.Pair(t, tenants[1]))
	c.log(t)
}

// tenantAdded is the column that the projects of sqlc are given.
const tenantAdded = "tenancy_of"

var corpusProjects = flag.Int("oracle.corpus", 50, "how many of sqlc's projects the oracle compares")

// TestEquivalenceOfSQLC gives every table of sqlc's own test projects a tenant
// column and compares their statements on rows that are made up. Their keys stay
// as they are.
func TestEquivalenceOfSQLC(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the projects of sqlc are not beside the repository")
	}
	var paths []string
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (d.Name() == "sqlc.json" || d.Name() == "sqlc.yaml") {
			paths = append(paths, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	c, left, seen, tried := newCorpus(), map[string]int{}, map[string]bool{}, 0
	t.Run("projects", func(t *testing.T) {
		for i := 0; i < len(paths) && tried < *corpusProjects; i += max(1, len(paths) / *corpusProjects) {
			tried++
			p, why := sqlcProject(t, paths[i])
			if why == "" && seen[p.text] {
				why = "the same as another, for another driver"
			}
			if why != "" {
				left[why]++
				continue
			}
			seen[p.text] = true
			p.name, _ = filepath.Rel(root, filepath.Dir(paths[i]))
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				own := newCorpus()
				why := own.compareAlike(t, corpusTenants["bigint"], p)
				mu.Lock()
				defer mu.Unlock()
				left[why]++
				c.add(own)
			})
		}
	})
	compared := left[""]
	delete(left, "")
	t.Logf("%d of %d projects tried, %d compared; left out: %v", tried, len(paths), compared, left)
	c.log(t)
}

// compareAlike compares projects of one schema on one pair, or says why it cannot.
func (c *corpus) compareAlike(t *testing.T, tenants []string, projects ...*corpusProject) string {
	t.Helper()
	accepted := 0
	for _, p := range projects {
		accepted += c.count(p.oracleProject)
	}
	if accepted == 0 {
		return "no statement is accepted"
	}
	lab, err := equivalence.Try(t, equivalence.Project{System: projects[0].system, Catalog: projects[0].catalog, Schema: projects[0].schema, Tenants: tenants})
	if err != nil {
		t.Log(err)
		return "the server does not load the schema"
	}
	pair := lab.LastPair(t, tenants[0])
	for _, p := range projects {
		t.Run(p.name, func(t *testing.T) { c.compare(t, p.oracleProject, 6, pair) })
	}
	return ""
}

// sqlcEntry is what counts of an entry of sqlc's configuration, of either version.
type sqlcEntry struct {
	Engine          string
	Schema, Queries sqlcPaths
}

// sqlcPaths is one path or several.
type sqlcPaths []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (p *sqlcPaths) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = sqlcPaths{n.Value}
		return nil
	}
	return n.Decode((*[]string)(p))
}

// in writes the paths, which lie in a directory, for tenancy.yaml.
func (p sqlcPaths) in(dir string) string {
	var out []string
	for _, path := range p {
		out = append(out, fmt.Sprintf("%q", filepath.Join(dir, path)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// corpusProject is a project of a corpus.
type corpusProject struct {
	*oracleProject
	name   string
	system equivalence.System // nil is PostgreSQL
	// text is what two projects have in common of which one says nothing new, or
	// which one database serves.
	text string
}

// withTenantColumn is a schema file that gives tables the tenant column.
func withTenantColumn(d dialect.Dialect, tables ...*catalog.Table) *source.File {
	var text strings.Builder
	for _, table := range tables {
		name := d.Quote(table.Written())
		if d == dialect.PostgreSQL {
			name = d.Quote(table.Schema) + "." + name
		}
		text.WriteString("ALTER TABLE " + name + " ADD COLUMN " + tenantAdded + " bigint NOT NULL;\n")
	}
	return source.NewFile("tenants.sql", text.String())
}

// sqlcProject compiles one of sqlc's projects with the tenant column added, or
// says why that cannot be.
func sqlcProject(t *testing.T, path string) (*corpusProject, string) {
	t.Helper()
	var file struct{ Packages, SQL []sqlcEntry }
	if err := yaml.Unmarshal([]byte(readText(t, path)), &file); err != nil {
		return nil, "its configuration is not read"
	}
	entries := slices.Concat(file.Packages, file.SQL)
	if len(entries) == 0 || entries[0].Engine != "" && entries[0].Engine != "postgresql" {
		return nil, "another database"
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "tenancy.yaml")
	text := fmt.Sprintf("version: \"1\"\nengine: postgresql\nschema: %s\nqueries: %s\ntenant: {column: %s}\ngo: {package: gen, out: gen, sql_package: pgx/v5}\n",
		entries[0].Schema.in(dir), entries[0].Queries.in(dir), tenantAdded)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var report diag.Report
	in := read(name, &report)
	if in == nil || report.HasErrors() {
		return nil, "its files are not read"
	}
	var tables []*catalog.Table
	for _, table := range catalog.Load(dialect.PostgreSQL, in.Schema, &report).Tables {
		if table.View == nil && table.Parent == nil {
			tables = append(tables, table)
		}
	}
	in.Schema = append(in.Schema, withTenantColumn(dialect.PostgreSQL, tables...))
	p := &corpusProject{oracleProject: &oracleProject{config: in.Config, catalog: loadCatalog(in, &report)}}
	texts := statements(in, p.catalog, &report)
	if len(tables) == 0 || len(texts) == 0 {
		return nil, "no table, or no statement"
	}
	for _, file := range in.Schema {
		p.schema += file.Text + ";\n"
	}
	p.text = p.schema
	for _, file := range in.Queries {
		p.text += file.Text
	}
	p.statements = scopeAll(texts, p.catalog, in.Config, &report, nil)
	return p, ""
}
