package equivalence

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed" // the library itself

	"github.com/tenancygen/tenancygen/generator/catalog"
)

type sqlite struct{}

var inSQLite = &spelling{
	quote:  quote,
	table:  func(t *catalog.Table) string { return quote(t.Written()) },
	text:   func(expr string) string { return "CAST(" + expr + " AS TEXT)" },
	delete: "DELETE FROM %s AS x",
}

func (sqlite) load(t testing.TB, project *Project) (template, error) {
	t.Helper()
	l := &plainTemplate{project: project, spelling: inSQLite, connect: connectSQLite,
		constraints: map[bool]string{false: "PRAGMA foreign_keys = OFF", true: "PRAGMA foreign_keys = ON"}}
	_, err := l.open(t)
	return l, err
}

// sqliteSession is a database in memory.
type sqliteSession struct{ conn *sqlite3.Conn }

func connectSQLite(t testing.TB) session {
	t.Helper()
	conn, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	// What would differ between two runs.
	for name, value := range map[string]string{
		"current_timestamp": "2026-03-04 05:06:07", "current_date": "2026-03-04", "current_time": "05:06:07",
	} {
		if err := conn.CreateFunction(name, 0, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, func(ctx sqlite3.Context, _ ...sqlite3.Value) { ctx.ResultText(value) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.CreateFunction("random", 0, sqlite3.INNOCUOUS, func(ctx sqlite3.Context, _ ...sqlite3.Value) { ctx.ResultInt64(4) }); err != nil {
		t.Fatal(err)
	}
	if err := conn.Exec("PRAGMA foreign_keys = ON"); err != nil {
		t.Fatal(err)
	}
	return &sqliteSession{conn}
}

var rowidKey = regexp.MustCompile(`(?i)\binteger\s+primary\s+key(\s+autoincrement)?`)

// script creates tables with AUTOINCREMENT: without it, the next key follows from
// other tenants' rows.
func (s *sqliteSession) script(_ context.Context, sql string) error {
	if strings.Contains(sql, "CREATE TABLE") {
		sql = rowidKey.ReplaceAllString(sql, "INTEGER PRIMARY KEY AUTOINCREMENT")
	}
	return s.conn.Exec(sql)
}

func (s *sqliteSession) check(_ context.Context, sql string) error {
	stmt, err := s.prepare(sql)
	if err != nil {
		return err
	}
	return stmt.Close()
}

func (s *sqliteSession) prepare(sql string) (*sqlite3.Stmt, error) {
	stmt, tail, err := s.conn.Prepare(sql)
	if err == nil && strings.TrimSpace(tail) != "" {
		_ = stmt.Close()
		return nil, fmt.Errorf("equivalence: more than one statement: %s", sql)
	}
	return stmt, err
}

// countdown is done when it has been asked often enough, which SQLite does every thousand
// steps. A limit in seconds would be another one on a busy machine.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}

func (s *sqliteSession) query(ctx context.Context, sql string, args []any) (*result, error) {
	defer s.conn.SetInterrupt(s.conn.SetInterrupt(&countdown{Context: ctx, left: 20_000}))
	stmt, err := s.prepare(sql)
	if err != nil {
		return nil, failureOfSQLite(err)
	}
	defer func() { _ = stmt.Close() }() // it returns the statement's error again
	for i, a := range args {
		switch v := a.(type) {
		case nil:
			err = stmt.BindNull(i + 1)
		case int64:
			err = stmt.BindInt64(i+1, v)
		case float64:
			err = stmt.BindFloat(i+1, v)
		case string:
			err = stmt.BindText(i+1, v)
		}
		if err != nil {
			return nil, err
		}
	}
	out := &result{}
	for i := range stmt.ColumnCount() {
		out.columns = append(out.columns, stmt.ColumnName(i))
	}
	s.conn.SetLastInsertRowID(0)
	for stmt.Step() {
		row := make([]cell, len(out.columns))
		for i := range row {
			row[i] = cellOfSQLite(stmt, i)
		}
		out.rows = append(out.rows, row)
	}
	if err := stmt.Err(); err != nil {
		return nil, failureOfSQLite(err)
	}
	if !stmt.ReadOnly() {
		out.tag = fmt.Sprint(s.conn.Changes())
		// A row's number without a key of its own follows from all rows.
		if id := s.conn.LastInsertRowID(); id > firstGenerated {
			out.tag = fmt.Sprintf("key %d, %s", id, out.tag)
		}
	}
	return out, nil
}

func cellOfSQLite(stmt *sqlite3.Stmt, i int) cell {
	text := stmt.ColumnText(i)
	switch stmt.ColumnType(i) {
	case sqlite3.NULL:
		return cell{nil, "NULL"}
	case sqlite3.TEXT:
		return cell{Argument(text), literal(text)}
	case sqlite3.BLOB:
		return cell{Argument(text), "x" + strconv.Quote(text)}
	case sqlite3.FLOAT:
		if !strings.ContainsAny(text, ".eEIN") {
			text += ".0"
		}
	}
	return cell{Argument(text), text}
}

func failureOfSQLite(err error) error {
	if errors.Is(err, sqlite3.INTERRUPT) {
		return &failure{class: TimedOut, err: err}
	}
	var code sqlite3.ErrorCode
	if !errors.As(err, &code) {
		return err
	}
	if strings.Contains(err.Error(), "the tenant has no row with this key") {
		// The look-up of a foreign key: no expression of SQLite raises a violation.
		code = sqlite3.CONSTRAINT
	}
	return &failure{class: strconv.Itoa(int(code)), err: err}
}

func (s *sqliteSession) number(ctx context.Context) error {
	const numbered = "FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
	r, err := s.query(ctx, "SELECT 1 "+numbered, nil)
	if err != nil || len(r.rows) == 0 {
		return err
	}
	return s.conn.Exec(fmt.Sprintf("DELETE FROM sqlite_sequence; INSERT INTO sqlite_sequence SELECT name, %d %s", firstGenerated, numbered))
}

func (s *sqliteSession) begin(context.Context) error { return s.conn.Exec("BEGIN") }
func (s *sqliteSession) rollback(context.Context) error {
	if s.conn.GetAutocommit() { // INSERT OR ROLLBACK has done it
		return nil
	}
	return s.conn.Exec("ROLLBACK")
}

// settle counts the deferred foreign keys that a commit would refuse.
func (s *sqliteSession) settle() error {
	n, _, err := s.conn.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false)
	if err == nil && n > 0 {
		return &failure{class: strconv.Itoa(int(sqlite3.CONSTRAINT)), err: errors.New("a deferred foreign key is not satisfied")}
	}
	return err
}

func (s *sqliteSession) ownRows(ctx context.Context, cat *catalog.Catalog, tenant string) (string, error) {
	var sql strings.Builder
	// A default can only be given with the table.
	sql.WriteString("PRAGMA writable_schema = ON;\n")
	for _, t := range tenantTables(cat) {
		r, err := s.query(ctx, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(?)", []any{t.Name})
		if err != nil {
			return "", err
		}
		if len(r.rows) != 1 {
			return "", fmt.Errorf("equivalence: no table %s", t.Name)
		}
		create := string(r.rows[0][0].value)
		column := regexp.MustCompile(`(?i)([(,]\s*(?:--[^\n]*\n\s*)*["` + "`" + `[]?` + regexp.QuoteMeta(t.Tenancy.Column) + `["` + "`" + `\]]?\s+\w+(?:\s*\([^)]*\))?)`)
		at := column.FindStringIndex(create)
		if at == nil {
			return "", fmt.Errorf("equivalence: the column %s is not found in: %s", t.Tenancy.Column, create)
		}
		create = create[:at[1]] + " DEFAULT " + literal(tenant) + create[at[1]:]
		sql.WriteString("UPDATE sqlite_schema SET sql = " + literal(create) + " WHERE type = 'table' AND lower(name) = lower(" + literal(t.Name) + ");\n")
	}
	sql.WriteString("PRAGMA writable_schema = RESET;\n")
	for _, t := range cat.Tables {
		if t.View != nil || !t.Tenancy.Shared {
			continue
		}
		// Shared rows are there to be read, and not there for UPDATE and DELETE. A row
		// that would become shared is a violation.
		for what, body := range map[string]string{
			"UPDATE keep": "WHEN " + inSQLite.sharedRow(t, cat, "OLD") + " BEGIN SELECT RAISE(IGNORE); END",
			"DELETE keep": "WHEN " + inSQLite.sharedRow(t, cat, "OLD") + " BEGIN SELECT RAISE(IGNORE); END",
			"UPDATE make": "WHEN " + inSQLite.sharedRow(t, cat, "NEW") + " AND NOT " + inSQLite.sharedRow(t, cat, "OLD") + " BEGIN SELECT RAISE(ABORT, 'shared'); END",
			"INSERT make": "WHEN " + inSQLite.sharedRow(t, cat, "NEW") + " BEGIN SELECT RAISE(ABORT, 'shared'); END",
		} {
			event, _, _ := strings.Cut(what, " ")
			sql.WriteString("CREATE TRIGGER " + inSQLite.quote(what+" "+t.Name) + " BEFORE " + event + " ON " + inSQLite.table(t) + " " + body + ";\n")
		}
	}
	return sql.String(), nil
}
