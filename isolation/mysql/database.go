package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Database is the provider that gives each tenant a database of its own, on one server.
// It takes what a generated package sends and writes the tenant's database before the
// names of its tables, so that no USE decides what they mean.
//
// SQL that is written by hand runs with the tenant's database as the current one. What
// it does to the session, such as USE, SET or a temporary table, nothing can take back,
// so its connection is closed behind it, or behind its transaction. What it names with a
// database before it is found wherever the user has the rights for that.
//
// Make it with NewDatabase or NewSchema, and close it; the zero value cannot be used. It
// is safe for concurrent use, and so are its handles.
type Database struct{ *places }

var _ sqldb.Isolation = Database{}

// NewDatabase returns a provider with pools of its own. The database of the
// configuration has what tenants share, and the registry of tenants' databases. It does
// no I/O. A nil configuration is ErrNoPool, one without a database ErrNoDatabase, a
// layout without tables ErrNoLayout, and one that is not for MySQL, or whose tables
// cannot be made for each tenant, ErrLayout.
func NewDatabase(config *mysql.Config, layout runtime.Layout, opts ...Option) (Database, error) {
	return newDatabase(config, runtime.StrategyDatabase, layout, opts)
}

// NewSchema is NewDatabase under the name of strategy schema: in MySQL and MariaDB a
// schema is a database.
func NewSchema(config *mysql.Config, layout runtime.Layout, opts ...Option) (Database, error) {
	return newDatabase(config, runtime.StrategySchema, layout, opts)
}

func newDatabase(config *mysql.Config, strategy runtime.Strategy, layout runtime.Layout, opts []Option) (Database, error) {
	common, err := newPlaces(config, strategy, layout, opts, databaseSpace, true)
	if err != nil {
		return Database{}, err
	}
	common.kind = databases{common.shared}
	return Database{common}, nil
}

// databaseSpace returns where a tenant's tables are. A stored name is that which is made
// from the id, or an error: nothing else says whose it is before a statement is sent.
func databaseSpace(shared string, t runtime.Tenant) (namespace.Space, error) {
	name, err := namespace.Database(t.ID)
	switch {
	case err != nil:
		return namespace.Space{}, err
	case t.SchemaName != "" && t.SchemaName != name:
		return namespace.Space{}, fmt.Errorf("%w: database %q is stored, and the tenant's is %s", runtime.ErrNamespaceName, t.SchemaName, name)
	case t.DatabaseURL != "":
		return namespace.Space{}, fmt.Errorf("%w: a database URL is stored, and all databases are on the provider's server", runtime.ErrUnsupported)
	case name == shared:
		return namespace.Space{}, fmt.Errorf("%w: it is that of what tenants share", runtime.ErrNamespaceName)
	}
	return namespace.Space{Schema: name, Shared: shared, Aliases: true, Backticks: true}, nil
}

// SchemaName returns the name of the tenant's database, without quotes. A stored
// SchemaName that is another is runtime.ErrNamespaceName.
func (p Database) SchemaName(t runtime.Tenant) (string, error) {
	space, err := databaseSpace(p.shared, t)
	return space.Schema, err
}

// markerTable says in a tenant's database whose it is.
const markerTable = "tenancy_marker"

// databases is the kind of Database.
type databases struct{ shared string }

func (databases) name(s namespace.Space) string { return s.Schema }

func (databases) occupied(ctx context.Context, q sqlspace.Querier, s namespace.Space) (string, error) {
	rows, err := q.QueryContext(ctx, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE LOWER(SCHEMA_NAME) = ?", s.Schema)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	var name string
	for rows.Next() {
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
	}
	return name, rows.Err()
}

// prepare makes the database, with the character set of the shared one: DDL that names
// none means the same in it.
func (d databases) prepare(ctx context.Context, conn *sql.Conn, s namespace.Space, id string) error {
	var charset, collation string
	err := conn.QueryRowContext(ctx, "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()").
		Scan(&charset, &collation)
	if err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+s.Quote(s.Schema)+" CHARACTER SET "+charset+" COLLATE "+collation); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "CREATE TABLE "+s.Qualified(markerTable)+" (tenant_id VARBINARY(255) PRIMARY KEY) ENGINE = InnoDB"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "INSERT INTO "+s.Qualified(markerTable)+" (tenant_id) VALUES (?)", []byte(id))
	return err
}

// mine looks at the marker. A database that is empty was made and not marked yet.
func (databases) mine(ctx context.Context, q sqlspace.Querier, s namespace.Space, id string) error {
	tables, views, err := relations(ctx, q, s.Schema, "")
	if err != nil || len(tables)+len(views) == 0 {
		return err
	}
	if slices.Contains(tables, markerTable) {
		var marked string
		err := q.QueryRowContext(ctx, "SELECT tenant_id FROM "+s.Qualified(markerTable)).Scan(&marked)
		if err == nil && marked == id || err == sql.ErrNoRows && len(tables)+len(views) == 1 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: database %s is not marked as the tenant's", runtime.ErrForeignNamespace, s.Schema)
}

func (databases) drop(ctx context.Context, q sqlspace.Querier, s namespace.Space) error {
	_, err := q.ExecContext(ctx, "DROP DATABASE IF EXISTS "+s.Quote(s.Schema))
	return err
}
