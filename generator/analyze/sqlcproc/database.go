package sqlcproc

import (
	"context"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// connectTimeout bounds the first connection to the database. sqlc would wait much
// longer, and once for each statement.
const connectTimeout = 15 * time.Second

// databaseVariable is the child's environment variable that holds the address of
// the database: it may have a password in it, so it is in no file.
const databaseVariable = "TENANCYGEN_DATABASE_URI"

// database is the database that sqlc asks for types; the zero value is none.
type database struct{ uri string }

// variable is a reference to the environment in an address.
var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// openDatabase resolves the address of the database and tries to connect. It
// reports what is wrong with it, and then returns false.
func openDatabase(ctx context.Context, o analyze.Options, report *diag.Report) (database, bool) {
	if o.DatabaseURI == "" {
		return database{}, true
	}
	var missing []string
	uri := variable.ReplaceAllStringFunc(o.DatabaseURI, func(reference string) string {
		name := variable.FindStringSubmatch(reference)[1]
		value, ok := os.LookupEnv(name)
		if !ok {
			missing = append(missing, name)
		}
		return value
	})
	if missing != nil {
		report.Errorf(diag.ConfigInvalid, o.DatabaseSpan, "the environment has no %s", strings.Join(missing, ", ")).
			WithHelp("set it to where the database is; what the statements return is asked there")
		return database{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, uri)
	if err != nil {
		report.Errorf(diag.AnalysisFailed, o.DatabaseSpan, "%s", strings.Join(strings.Fields(err.Error()), " ")).
			WithHelp("the database has to run while the code is generated; " +
				"`analyzer: {database: false}` types statements without it, as far as that is possible")
		return database{}, false
	}
	_ = conn.Close(ctx)
	return database{uri: uri}, true
}

// used reports whether there is a database.
func (d database) used() bool { return d.uri != "" }

// environment is what the child's environment has for the database: the address,
// what PostgreSQL's own variables say, and where passwords and certificates are.
func (d database) environment() []string {
	if !d.used() {
		return nil
	}
	env := []string{databaseVariable + "=" + d.uri}
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "HOME=") {
			env = append(env, v)
		}
	}
	return env
}

// mayBeNull matches the statements in which a column may be NULL although its table
// says NOT NULL: behind an outer join, in grouping sets, and the old row of an INSERT
// or the new one of a DELETE. It may match others.
var mayBeNull = regexp.MustCompile(`(?is)\b(left|right|full|sets|rollup|cube)\b` +
	`|\binsert\b.*\breturning\b.*\bold\b|\bdelete\b.*\breturning\b.*\bnew\b`)

// fromDatabase reports whether all that is known of a column is what the database
// says of it: sqlc gives such a column the length 0, and others -1 or more than 0.
func (c *requestColumn) fromDatabase() bool { return c.Length == 0 }

// settle corrects what sqlc makes of a column that only the database knows, in a
// statement of the given text. A parameter has a name there only if the author gave
// it one.
func (c *requestColumn) settle(text string) {
	if c.Type != nil && c.Type.Schema == "" {
		*c.Type = typeName(c.Type.Name)
	}
	if c.fromDatabase() {
		c.NotNull = c.NotNull && !mayBeNull.MatchString(text)
	}
}

// modifier matches the numbers of a type such as numeric(10,2).
var modifier = regexp.MustCompile(`\([^()]*\)`)

// typeName reads the name of a type as PostgreSQL's format_type writes it.
func typeName(formatted string) identifier {
	name := strings.TrimSpace(modifier.ReplaceAllString(formatted, ""))
	if strings.HasPrefix(name, "interval ") {
		name = "interval"
	}
	if short, ok := shortNames[name]; ok {
		return identifier{Schema: "pg_catalog", Name: short}
	}
	schema, local, qualified := strings.Cut(name, ".")
	if !qualified {
		return identifier{Name: unquote(name)}
	}
	return identifier{Schema: unquote(schema), Name: unquote(local)}
}

// shortNames are the names that sqlc knows types by whose full names have several
// words.
var shortNames = map[string]string{
	"character":                   "bpchar",
	"character varying":           "varchar",
	"bit varying":                 "varbit",
	"timestamp without time zone": "timestamp",
	"timestamp with time zone":    "timestamptz",
	"time without time zone":      "time",
	"time with time zone":         "timetz",
}

func unquote(name string) string {
	if len(name) > 1 && strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`) {
		return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return name
}
