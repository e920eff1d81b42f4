package equivalence

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

type postgreSQL struct{}

// pgTemplate is a database that the server copies.
type pgTemplate struct {
	server string // a superuser's URL
	name   string

	mu    sync.Mutex // a template is copied by one at a time
	count int
}

func (postgreSQL) load(t testing.TB, project *Project) (template, error) {
	t.Helper()
	dsn := testpg.Database(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, dsn)
	defer closeConn(conn)
	for _, step := range []struct{ what, sql string }{{"schema", project.Schema}, {"data", project.Data}} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			return nil, fmt.Errorf("equivalence: load the %s: %w", step.what, err)
		}
	}
	if len(project.Tenants) > 0 {
		if err := populate(t.Context(), conn, project.Catalog, project.Tenants); err != nil {
			t.Fatalf("equivalence: make rows: %v", err)
		}
	}
	if err := freeze(t.Context(), conn); err != nil {
		t.Fatalf("equivalence: freeze: %v", err)
	}
	return &pgTemplate{server: testpg.URL(t), name: strings.TrimPrefix(u.Path, "/")}, nil
}

func (l *pgTemplate) clone(t testing.TB) database { t.Helper(); return l.copy(t) }

func (l *pgTemplate) copy(t testing.TB) *pgDatabase {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	name := fmt.Sprintf("%s_%d", l.name, l.count)
	l.run(t, "CREATE DATABASE "+name+" TEMPLATE "+l.name)
	t.Cleanup(func() { l.run(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return l.open(t, name)
}

func (l *pgTemplate) last(t testing.TB) database { t.Helper(); return l.open(t, l.name) }

// open connects to a database, until t ends.
func (l *pgTemplate) open(t testing.TB, name string) *pgDatabase {
	t.Helper()
	u, err := url.Parse(l.server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	conn := connect(t, u.String())
	t.Cleanup(func() { closeConn(conn) })
	return &pgDatabase{conn: conn}
}

// run executes a statement on the maintenance database. It has a context of its
// own since that of a test is over when its cleanup runs.
func (l *pgTemplate) run(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, l.server)
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = conn.Close(ctx)
}

// pgDatabase is a database of PostgreSQL.
type pgDatabase struct {
	conn *pgx.Conn
	// dirty is set when sequences may have moved.
	dirty bool
	// become are statements that make a transaction one of a plain role; empty for
	// a superuser's.
	become string
}

func (s *pgDatabase) prepare(ctx context.Context, cat *catalog.Catalog) error {
	if _, err := s.conn.Exec(ctx, settings); err != nil {
		return err
	}
	for name, sql := range map[string]string{readState: stateQuery(cat), reset: resetSequences} {
		if _, err := s.conn.PgConn().Prepare(ctx, name, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// inPostgreSQL is how PostgreSQL's SQL is written.
var inPostgreSQL = &spelling{
	quote: quote,
	table: func(t *catalog.Table) string { return qualified(t.Schema, t.Name) },
	text:  func(expr string) string { return expr + "::text" },
}

// Names of prepared statements.
const (
	readState = "read_state"
	reset     = "reset"
)

func (s *pgDatabase) prune(ctx context.Context, cat *catalog.Catalog, tenant string) error {
	var sql strings.Builder
	// Neither foreign keys nor triggers: what goes, goes by its tenant alone.
	sql.WriteString("SET session_replication_role = replica;\n")
	// Children first: their tenant is found through their parents.
	for depth := deepest(cat); depth >= 0; depth-- {
		for _, t := range cat.Tables {
			if owner := inPostgreSQL.ownerOf(t, cat, "x"); t.View == nil && owner != "" && len(t.Tenancy.Path) == depth {
				sql.WriteString("DELETE FROM " + qualified(t.Schema, t.Name) + " AS x WHERE (" + owner + " = " + literal(tenant) + ") IS NOT TRUE" +
					" AND NOT " + inPostgreSQL.sharedRow(t, cat, "x") + ";\n")
			}
		}
	}
	for _, t := range cat.Tables {
		switch {
		case t.Kind == ir.KindMaterializedView:
			sql.WriteString("REFRESH MATERIALIZED VIEW " + qualified(t.Schema, t.Name) + ";\n")
		case t.View == nil && t.Tenancy.Class == ir.ClassTenant:
			sql.WriteString("ALTER TABLE " + qualified(t.Schema, t.Name) + " ALTER COLUMN " + quote(t.Tenancy.Column) +
				" SET DEFAULT " + literal(tenant) + ";\n")
		}
	}
	keepShared(&sql, cat)
	sql.WriteString("SET session_replication_role = origin")
	_, err := s.conn.Exec(ctx, sql.String())
	return err
}

func (s *pgDatabase) run(ctx context.Context, sql string, args [][]byte) (out *run, err error) {
	conn := s.conn.PgConn()
	if s.dirty {
		if result := conn.ExecPrepared(ctx, reset, nil, nil, nil).Read(); result.Err != nil {
			return nil, result.Err
		}
		s.dirty = false
	}
	results, err := conn.Exec(ctx, "BEGIN; SELECT pg_catalog.now(), localtimestamp, pg_catalog.setseed(0.5)"+s.become).ReadAll()
	if err != nil {
		return nil, err
	}
	defer func() {
		_, rollbackErr := conn.Exec(ctx, "ROLLBACK").ReadAll()
		err = errors.Join(err, rollbackErr)
	}()
	// What CURRENT_TIMESTAMP and its kin gave differs by nature.
	clock := results[1].Rows[0]
	freeze := strings.NewReplacer(string(clock[0]), "CURRENT_TIMESTAMP", string(clock[1]), "LOCALTIMESTAMP")

	out = &run{}
	reader := conn.ExecParams(ctx, sql, args, nil, nil, nil)
	for reader.NextRow() {
		out.rows = append(out.rows, freeze.Replace(rowText(reader.Values())))
	}
	for _, f := range reader.FieldDescriptions() {
		out.columns = append(out.columns, f.Name)
	}
	slices.Sort(out.rows)
	tag, err := reader.Close()
	out.tag, out.err = tag.String(), err
	if out.err == nil {
		results, out.err = conn.Exec(ctx, "RESET ROLE; SET CONSTRAINTS ALL IMMEDIATE; SELECT pg_catalog.pg_current_xact_id_if_assigned()").ReadAll()
	}
	if out.err != nil {
		s.dirty = true
		var failure *pgconn.PgError
		if !errors.As(out.err, &failure) {
			return nil, out.err
		}
		if out.class = failure.Code[:2]; failure.Code == "57014" {
			out.class = TimedOut
		}
		return out, nil
	}
	if results[2].Rows[0][0] == nil { // no transaction id: nothing is written
		return out, nil
	}
	s.dirty = true
	if out.after, err = s.read(ctx); err != nil {
		return nil, err
	}
	for i := range out.after {
		out.after[i].line = freeze.Replace(out.after[i].line)
	}
	return out, nil
}

func (s *pgDatabase) read(ctx context.Context) (state, error) {
	result := s.conn.PgConn().ExecPrepared(ctx, readState, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	out := make(state, 0, len(result.Rows))
	for _, row := range result.Rows {
		out = append(out, stateRow{owner: string(row[2]), global: string(row[1]) == "t",
			shared: string(row[4]) == "t", line: string(row[0]) + " " + string(row[3])})
	}
	return out, nil
}

// stateQuery reads every row of every table, with its tenant.
func stateQuery(cat *catalog.Catalog) string {
	var parts []string
	for _, t := range cat.Tables {
		if t.View != nil {
			continue
		}
		owner, isGlobal := inPostgreSQL.ownerOf(t, cat, "x"), "false"
		if owner == "" {
			owner, isGlobal = "NULL", "true"
		}
		parts = append(parts, "SELECT "+literal(t.QualifiedName())+" AS name, "+isGlobal+" AS is_global, "+owner+" AS owner, x::text AS line, "+
			inPostgreSQL.sharedRow(t, cat, "x")+" AS is_shared FROM ONLY "+qualified(t.Schema, t.Name)+" AS x")
	}
	return strings.Join(parts, "\nUNION ALL\n")
}

func qualified(schema, name string) string { return quote(schema) + "." + quote(name) }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
