package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// File is the provider for a file for each tenant, which is what SQLite has for
// strategy database. Statements are sent as they are, to the tenant's own file, also
// those that are written by hand: no statement on a connection to it can attach
// another file. Each new connection is asked whose file it leads to before it is used.
//
// The name of a file comes from the tenant's id as that of a database does elsewhere
// (letters, digits and underscores, with a hash where the id has others), never from
// its identifier, its name or anything that is stored with it. It has a copy of the
// rows of global tables (see CopyGlobals).
//
// Make it with NewFile, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type File struct {
	shared  *sql.DB
	dir     string
	layout  runtime.Layout
	options options
	files   *files
}

var _ sqldb.Isolation = (*File)(nil)

// NewFile returns a provider for files in a directory, which has to be there and to be
// nobody else's. The shared pool is the handle of Global, and its database has the
// registry of tenants' files and what tenants share; it stays the caller's to close. It
// does no I/O. A nil pool is ErrNoPool, an empty directory ErrNoDirectory, and a layout
// that makes no tables, or is not for SQLite, ErrNoLayout or ErrLayout.
func NewFile(shared *sql.DB, directory string, layout runtime.Layout, opts ...Option) (*File, error) {
	if shared == nil {
		return nil, ErrNoPool
	}
	if directory == "" {
		return nil, ErrNoDirectory
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	if err := engine.CheckLayout(&layout); err != nil {
		return nil, err
	}
	if len(layout.DDL) == 0 {
		return nil, fmt.Errorf("%w: it has no DDL", ErrNoLayout)
	}
	// A change of the working directory must not change which files are meant.
	dir, err := filepath.Abs(directory)
	if err != nil {
		return nil, err
	}
	p := &File{shared: shared, dir: dir, layout: layout, options: o}
	p.files = newFiles(o, p.dsn)
	return p, nil
}

// Strategy returns runtime.StrategyDatabase.
func (p *File) Strategy() runtime.Strategy { return runtime.StrategyDatabase }

// name returns the name of the tenant's file, without its directory, or an error for a
// tenant with which another file is stored.
func (p *File) name(t runtime.Tenant) (string, error) {
	name, err := namespace.Database(t.ID)
	if err != nil {
		return "", err
	}
	name += ".db"
	if t.DatabaseURL != "" && t.DatabaseURL != fileURL(p.path(name), nil) {
		return "", fmt.Errorf("%w: the stored URL is not that of the tenant's file", runtime.ErrNamespaceName)
	}
	return name, nil
}

func (p *File) path(name string) string { return filepath.Join(p.dir, name) }

// dsn returns how the driver opens a tenant's file, which has to be there.
func (p *File) dsn(name string) string {
	params := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}}
	params["_pragma"] = []string{"busy_timeout(10000)", "foreign_keys(on)", "synchronous(normal)"}
	for key, values := range p.options.params {
		if key == "_pragma" {
			values = append(params[key], values...)
		}
		params[key] = values
	}
	return fileURL(p.path(name), params)
}

// fileURL returns the URI of a file, in which nothing of the path is taken for another
// part.
func fileURL(path string, params url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: params.Encode()}
	return u.String()
}

// For returns a handle for t. For a tenant that may not act, whose id is not of the
// layout's form, or with which another file is stored, every method of it returns the error, and for one that has not been
// initialized runtime.ErrNotInitialized. It does no I/O.
//
// PrepareContext is ErrPrepare but in a transaction: the provider may close the file
// that the statement would be for.
func (p *File) For(t runtime.Tenant) sqldb.DB {
	if err := t.CheckAs(p.layout.IDs); err != nil {
		return sqldb.Refuse(err)
	}
	name, err := p.name(t)
	if err != nil {
		return sqldb.Refuse(err)
	}
	return fileDB{p.files, fileKey{name: name, id: t.ID}}
}

// Global returns a handle for statements that touch no tenant's table: the shared pool.
func (p *File) Global() sqldb.DB { return sqlspace.Plain(p.shared) }

// SchemaName is runtime.ErrUnsupported: SQLite has no schemas.
func (p *File) SchemaName(t runtime.Tenant) (string, error) {
	return sqlspace.Unsupported(t, "", p.Strategy(), "schema")
}

// DatabaseURL returns the URI of the tenant's file. A stored DatabaseURL that is
// another is runtime.ErrNamespaceName.
func (p *File) DatabaseURL(t runtime.Tenant) (string, error) {
	name, err := p.name(t)
	if err != nil {
		return "", err
	}
	return fileURL(p.path(name), nil), nil
}

// ApplyFilters scopes dynamic SQL with the filter of WithFilter. The handle runs it as
// it is.
func (p *File) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	text, args, err := sqlspace.Filtered(p.options.filter, q, t)
	return runtime.Query{SQL: text.SQL, Args: args}, err
}

// Close closes the tenants' files, and waits for what is in use.
func (p *File) Close() error { return p.files.close() }

// fileDB is the handle of one tenant that has a file.
type fileDB struct {
	files *files
	key   fileKey
}

func (d fileDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	f, err := d.files.acquire(d.key)
	if err != nil {
		return nil, err
	}
	defer d.files.release(f)
	return f.pool.ExecContext(ctx, query, args...)
}

func (d fileDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	f, err := d.files.acquire(d.key)
	if err != nil {
		return nil, err
	}
	defer d.files.release(f)
	return f.pool.QueryContext(ctx, query, args...)
}

func (d fileDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	f, err := d.files.acquire(d.key)
	if err != nil {
		return sqldb.Refuse(err).QueryRowContext(ctx, query)
	}
	defer d.files.release(f)
	return f.pool.QueryRowContext(ctx, query, args...)
}

func (fileDB) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, ErrPrepare }

func (d fileDB) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	f, err := d.files.acquire(d.key)
	if err != nil {
		return nil, err
	}
	defer d.files.release(f)
	return f.pool.BeginTx(ctx, opts)
}
