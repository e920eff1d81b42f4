package equivalence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/internal/testmysql"
)

type mySQL struct{}

var inMySQL = &spelling{
	quote: backticked,
	table: func(t *catalog.Table) string { return backticked(t.Written()) },
	// Without a collation: two ids that differ in a blank or a case are two.
	text:   func(expr string) string { return "CAST(" + expr + " AS BINARY)" },
	delete: "DELETE x FROM %s AS x",
}

func backticked(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (mySQL) load(t testing.TB, project *Project) (template, error) {
	t.Helper()
	l := &plainTemplate{project: project, spelling: inMySQL, connect: connectMySQL,
		constraints: map[bool]string{false: "SET foreign_key_checks = 0", true: "SET foreign_key_checks = 1"}}
	_, err := l.open(t)
	return l, err
}

// mySQLSession is a connection to a database of a MariaDB or a MySQL.
type mySQLSession struct {
	conn *sql.Conn
	// prefix is of what begins each transaction.
	prefix string
}

func connectMySQL(t testing.TB) session {
	t.Helper()
	dsn := testmysql.Database(t)
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.ParseTime, config.MultiStatements = false, true
	db := testmysql.Open(t, config.FormatDSN())
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &mySQLSession{conn: conn, prefix: "SET rand_seed1 = 1, rand_seed2 = 2"}
	settings := "SET time_zone = '+00:00', timestamp = 1772600767, sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
	if testmysql.IsMariaDB(t, dsn) {
		settings += ", max_statement_time = 5"
	}
	if err := s.script(t.Context(), settings); err != nil {
		t.Fatal(err)
	}
	// The next key of an INSERT, whatever was inserted before: it does not roll back.
	s.prefix += fmt.Sprintf(", insert_id = %d", firstGenerated+1)
	return s
}

func (s *mySQLSession) script(ctx context.Context, text string) error {
	_, err := s.conn.ExecContext(ctx, text)
	return err
}

func (s *mySQLSession) check(ctx context.Context, text string) error {
	stmt, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	return stmt.Close()
}

// changes matches a statement that gives no rows but with RETURNING.
var changes = regexp.MustCompile(`(?is)^(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:with\b.*\b(?:update|delete)\b|insert|update|delete|replace)\b`)

func (s *mySQLSession) query(ctx context.Context, text string, args []any) (*result, error) {
	// The server's own limit is shorter, and does not hold everywhere.
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out := &result{}
	if !changes.MatchString(text) || returning.MatchString(text) {
		return out, s.rows(ctx, out, text, args)
	}
	done, err := s.conn.ExecContext(ctx, text, args...)
	if err != nil {
		return nil, failureOfMySQL(err)
	}
	affected, err := done.RowsAffected()
	if err != nil {
		return nil, err
	}
	id, err := done.LastInsertId()
	if err != nil {
		return nil, err
	}
	out.tag = fmt.Sprintf("key %d, %d", id, affected)
	return out, nil
}

func (s *mySQLSession) rows(ctx context.Context, out *result, text string, args []any) error {
	rows, err := s.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return failureOfMySQL(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has what matters
	if out.columns, err = rows.Columns(); err != nil {
		return err
	}
	values, to := make([]any, len(out.columns)), make([]any, len(out.columns))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		row := make([]cell, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
				row[i] = cell{nil, "NULL"}
			case []byte:
				row[i] = cell{Argument(v), literal(string(v))}
			default:
				row[i] = cell{Argument(fmt.Sprint(v)), fmt.Sprint(v)}
			}
		}
		out.rows = append(out.rows, row)
	}
	if err := rows.Err(); err != nil {
		return failureOfMySQL(err)
	}
	return nil
}

// failureOfMySQL takes the class of the SQLSTATE, or the number where that says
// nothing.
func failureOfMySQL(err error) error {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return err
	}
	class := string(e.SQLState[:2])
	if e.Number == 1969 || e.Number == 3024 { // of MariaDB, and of MySQL
		class = TimedOut
	}
	if e.Number == 1690 && strings.Contains(e.Message, "exp(") {
		class = "23" // the look-up of a foreign key: no expression raises a violation
	}
	if class == "HY" {
		class = fmt.Sprint(e.Number)
	}
	return &failure{class: class, err: err}
}

// number has nothing to do: begin says where keys begin.
func (s *mySQLSession) number(context.Context) error { return nil }

func (s *mySQLSession) begin(ctx context.Context) error {
	return s.script(ctx, s.prefix+"; START TRANSACTION")
}

func (s *mySQLSession) rollback(ctx context.Context) error { return s.script(ctx, "ROLLBACK") }

// settle has nothing to look for: no check is put off.
func (s *mySQLSession) settle() error { return nil }

// ownRows leaves shared rows open to writing: no trigger passes over a row. The
// statements of the tests write none.
func (s *mySQLSession) ownRows(_ context.Context, cat *catalog.Catalog, tenant string) (string, error) {
	sql := "SELECT 1"
	for _, t := range tenantTables(cat) {
		sql += ";\nALTER TABLE " + inMySQL.table(t) + " ALTER COLUMN " + inMySQL.quote(t.Tenancy.Column) + " SET DEFAULT " + literal(tenant)
	}
	return sql, nil
}
