package postgres

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// databasePlaceholder is where the template of URLs has the name of the database.
const databasePlaceholder = "{database}"

// DatabaseURL returns the URL, or the list of keywords and values, that leads to the
// tenant's database: the tenant's own DatabaseURL, or that of the master pool or of
// WithURLTemplate with the name of the tenant's database. It may hold a password.
// What the master pool was given otherwise than in its connection string, such as a
// password, is not in it.
func (d *Database) DatabaseURL(t runtime.Tenant) (string, error) {
	name, err := namespace.Database(t.ID)
	switch {
	case err != nil:
		return "", err
	case t.DatabaseURL != "":
		return t.DatabaseURL, nil
	case d.options.database.urlTemplate != "":
		return strings.ReplaceAll(d.options.database.urlTemplate, databasePlaceholder, name), nil
	}
	return withDatabase(d.master.Config().ConnString(), name)
}

// connConfig returns how to connect to the tenant's database. The master pool's own
// configuration is better than its connection string, as it may have been changed.
func (d *Database) connConfig(t runtime.Tenant) (*pgxpool.Config, error) {
	if t.DatabaseURL == "" && d.options.database.urlTemplate == "" {
		name, err := namespace.Database(t.ID)
		if err != nil {
			return nil, err
		}
		config := d.master.Config()
		config.ConnConfig.Database = name
		return config, nil
	}
	dsn, err := d.DatabaseURL(t)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err // it hides the password
	}
	return config, nil
}

// databaseName returns the name of the tenant's database. A stored URL may lead to
// one with another name than the tenant's own, but not to one that is PostgreSQL's,
// the application's or another tenant's.
func (d *Database) databaseName(t runtime.Tenant) (string, error) {
	own, err := namespace.Database(t.ID)
	if err != nil || t.DatabaseURL == "" {
		return own, err
	}
	config, err := d.connConfig(t)
	if err != nil {
		return "", err
	}
	name, err := namespace.Stored(config.ConnConfig.Database, t.ID, d.master.Config().ConnConfig.Database)
	if err != nil {
		return "", fmt.Errorf("the database of the stored URL: %w", err)
	}
	return name, nil
}

// withDatabase returns a connection string with the name of another database.
func withDatabase(dsn, name string) (string, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		// The last one of a keyword counts.
		return strings.TrimSpace(dsn + " dbname=" + name), nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", errMasterURL // the error of the parser tells the URL
	}
	u.Path, u.RawPath = "/"+name, ""
	query := u.Query()
	// A parameter would win over the path.
	if query.Has("dbname") || query.Has("database") {
		query.Del("dbname")
		query.Del("database")
		u.RawQuery = query.Encode()
	}
	return u.String(), nil
}
