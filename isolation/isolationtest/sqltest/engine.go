package sqltest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Engine is a database that the suite runs on.
type Engine struct {
	// Name is that of runtime.Layout.Engine.
	Name string
	// Line is an expression for the id of a note, a space, and its body.
	Line string
	// Numbers returns the numbers from 1 to its parameter, one in a row.
	Numbers string
	// Slow takes about as many seconds as its parameter says, and can be cancelled.
	Slow string
	// Fails is an error at run time where its parameter is 0, which no constraint makes.
	Fails string
	// Tables make the suite's tables where there is no generated package: plans, notes and links, in this order, of which
	// the last refers to notes.
	Tables []DDL
	// Poison is hand-written SQL that may change the session, or reach for the notes of
	// another tenant, whose place is written {place} there.
	Poison []string
	// New makes a database for t.
	New func(t *testing.T) Database
}

// DDL is a statement that makes a relation of the suite.
type DDL struct{ Name, SQL string }

// Database is an empty database for one test.
type Database struct {
	// Admin may do everything.
	Admin *sql.DB
	// Connector makes connections of the application.
	Connector driver.Connector
	// Dir is a directory of the test's own, or the DSN of a server's database.
	Dir, DSN string
}

// Instance is what a provider is made for.
type Instance struct {
	Database
	// Conns is how many connections the provider may have, to each database.
	Conns int
	// Layout is what the generator would say about the suite's tables.
	Layout runtime.Layout
}

// NewProvider makes a provider, or fails t. What it opens itself, t closes; the suite
// closes the provider.
type NewProvider func(t *testing.T, in Instance) sqldb.Isolation

// Place is where the tables of one tenant are.
type Place struct {
	// Name is what {place} in Engine.Poison becomes.
	Name string
	// Table is the name of a table there, as SQL writes it.
	Table func(name string) string
	// With runs fn on a pool that leads there and may do everything.
	With func(fn func(*sql.DB) error) error
	// Occupy puts something that is nobody's in the place, and Occupied looks whether it
	// is still there.
	Occupy   func(context.Context) error
	Occupied func(context.Context) (bool, error)
}

// PlaceFunc says where a tenant's tables are under a provider.
type PlaceFunc func(in Instance, p sqldb.Isolation, t runtime.Tenant) (Place, error)

// suite is how the tables keep tenants apart, and thereby what statements look like.
type suite struct {
	engine Engine
	place  PlaceFunc // nil where tenants share tables
	only   []string
	// generated is the layout of a generated package, whose statements are sent; nil for
	// those that are written here.
	generated *runtime.Layout
}

// Option describes the provider to the suite. The options of this package are the only
// ones.
type Option interface{ apply(*suite) }

type optionFunc func(*suite)

func (f optionFunc) apply(s *suite) { f(s) }

// Places says that each tenant has tables of its own. The suite's statements then carry
// no predicate.
func Places(place PlaceFunc) Option { return optionFunc(func(s *suite) { s.place = place }) }

// Only limits the suite to the checks of these names.
func Only(checks ...string) Option {
	return optionFunc(func(s *suite) { s.only = append(s.only, checks...) })
}

// Generated has the suite send the statements of a generated package, which has all of
// the suite's under the same names. They carry the predicate wherever the tables are.
func Generated(layout runtime.Layout) Option {
	return optionFunc(func(s *suite) { s.generated = &layout })
}

// The statements of the suite. {line} is Engine.Line, and {own} the predicate. The tenant's
// id comes behind the other parameters, wherever it is one.
const (
	listNotes   = "-- name: ListNotes :many\nSELECT {line} FROM notes WHERE {own} ORDER BY id"
	listSome    = "-- name: ListSome :many\nSELECT {line} FROM notes WHERE id IN (/*SLICE:ids*/?) AND {own} ORDER BY id"
	countNotes  = "-- name: CountNotes :one\nSELECT count(*) FROM notes WHERE {own}"
	insertNote  = "-- name: InsertNote :exec\nINSERT INTO notes (id, body, tenant_id) VALUES (?, ?, ?)"
	insertLink  = "-- name: InsertLink :exec\nINSERT INTO links (id, note_id, tenant_id) VALUES (?, ?, ?)"
	oneBody     = "-- name: OneBody :one\nSELECT notes.body FROM notes WHERE notes.id = ? AND {own}"
	joined      = "-- name: CountJoined :one\nSELECT count(*) FROM notes JOIN links ON links.note_id = notes.id WHERE notes.{own} AND links.{own}"
	upperNotes  = "-- name: UpperNotes :execrows\nUPDATE notes SET body = upper(body) WHERE {own}"
	deleteNote  = "-- name: DeleteNote :execrows\nDELETE FROM notes WHERE id = ? AND {own}"
	deleteNotes = "-- name: DeleteNotes :execrows\nDELETE FROM notes WHERE {own}"
	onePlan     = "-- name: OnePlan :one\nSELECT name FROM plans WHERE id = ?"
)

var statements = []string{
	listNotes, listSome, countNotes, insertNote, insertLink, oneBody, joined, upperNotes, deleteNote, deleteNotes, onePlan,
}

// without are the engine's statements that have no table.
func (e Engine) without() []string { return []string{e.Numbers, e.Slow, e.Fails} }

// nameOf returns the name in the comment of a statement; empty where it has none.
func nameOf(sql string) string {
	comment, _ := strings.CutPrefix(sql, "-- name: ")
	name, _, _ := strings.Cut(comment, " :")
	return name
}

// find returns the index of a layout's statement; -1 where it has none of that name.
func find(layout *runtime.Layout, name string) int {
	return slices.IndexFunc(layout.Statements, func(text runtime.Text) bool { return strings.HasPrefix(text.SQL, "-- name: "+name+" :") })
}

// text returns a statement as the application sends it.
func (s *suite) text(sql string) string {
	if s.generated != nil {
		if i := find(s.generated, nameOf(sql)); i >= 0 {
			return s.generated.Statements[i].SQL
		}
	}
	own := "tenant_id = ?"
	if s.place != nil {
		own = "id > 0"
	}
	return strings.NewReplacer("{line}", s.engine.Line, "{own}", own).Replace(sql)
}

// scoped returns a statement and its arguments for a tenant.
func (s *suite) scoped(t runtime.Tenant, sql string, args ...any) (string, []any) {
	text := s.text(sql)
	args = slices.Clone(args)
	for range strings.Count(text, "tenant_id = ?") + strings.Count(text, "tenant_id) VALUES") {
		args = append(args, t.ID)
	}
	return text, args
}

// layout returns what the generator would say about the suite's tables, or has said.
func (s *suite) layout() runtime.Layout {
	if s.generated != nil {
		out := *s.generated
		out.Statements = slices.Clone(out.Statements)
		for _, sql := range s.engine.without() {
			out.Statements = append(out.Statements, runtime.Text{SQL: sql})
		}
		return out
	}
	out := runtime.Layout{Engine: s.engine.Name, Fingerprint: "suite"}
	columns := map[string][]runtime.Column{
		"plans": {{Name: "id"}, {Name: "name"}},
		"notes": {{Name: "tenant_id"}, {Name: "id"}, {Name: "body"}},
		"links": {{Name: "tenant_id"}, {Name: "id"}, {Name: "note_id"}},
	}
	for _, ddl := range s.engine.Tables {
		out.DDL = append(out.DDL, runtime.DDL{Text: withSlots(ddl.SQL), Shared: ddl.Name == "plans", Creates: []string{ddl.Name}})
		if columns[ddl.Name] == nil {
			continue // an index
		}
		table := runtime.Table{Name: ddl.Name, Class: runtime.ClassGlobal, Columns: columns[ddl.Name]}
		if ddl.Name != "plans" {
			table.Class, table.Column, table.Owned = runtime.ClassTenant, "tenant_id", ddl.Name+".tenant_id = $1"
		}
		out.Tables = append(out.Tables, table)
	}
	for _, sql := range slices.Concat(statements, s.engine.without()) {
		out.Statements = append(out.Statements, withSlots(s.text(sql)))
	}
	return out
}

// named are the relations of tenants, and an index and a constraint of theirs.
var named = regexp.MustCompile(`\b(notes_body|links_note|notes|links)\b`)

// withSlots finds where SQL names tenants' relations, as the generator does.
func withSlots(sql string) runtime.Text {
	text := runtime.Text{SQL: sql}
	_, body, _ := strings.Cut(sql, "\n")
	for _, at := range named.FindAllStringIndex(sql, -1) {
		if strings.HasPrefix(sql[at[1]:], ".") {
			continue // a column
		}
		slot := runtime.Slot{Start: at[0], End: at[1], Name: sql[at[0]:at[1]], Alias: strings.HasPrefix(body, "SELECT")}
		if strings.Contains(slot.Name, "_") {
			slot.Kind = runtime.SlotName
		}
		text.Slots = append(text.Slots, slot)
	}
	return text
}
