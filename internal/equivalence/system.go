package equivalence

import (
	"context"
	"testing"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// System is a database system that the oracle runs on.
type System interface {
	// load makes a template of the project's schema and rows. The error is for what
	// the system refuses.
	load(t testing.TB, project *Project) (template, error)
}

// The systems.
var (
	PostgreSQL System = postgreSQL{}
	SQLite     System = sqlite{}
	// MySQL is the server of internal/testmysql, mostly a MariaDB.
	MySQL System = mySQL{}
)

// template is what databases are copied from.
type template interface {
	// clone makes a copy that is gone when t ends.
	clone(t testing.TB) database
	// last is clone where no copy will be asked for any more.
	last(t testing.TB) database
}

// database is one copy. It is for one goroutine.
type database interface {
	// prune leaves nothing but one tenant's rows and what is global, and lets rows
	// that do not name their tenant be that tenant's.
	prune(ctx context.Context, cat *catalog.Catalog, tenant string) error
	// prepare makes the session ready for read and run.
	prepare(ctx context.Context, cat *catalog.Catalog) error
	// read reads every row of every table, with its tenant.
	read(ctx context.Context) (state, error)
	// run executes a statement with parameters $1…$n in a transaction that is rolled
	// back. The error is for what has nothing to do with the statement.
	run(ctx context.Context, sql string, args [][]byte) (*run, error)
	// sample reads the rows that arguments are taken from.
	sample(ctx context.Context, cat *catalog.Catalog) ([]*sample, error)
	// types are the types of the parameters of the author's statement. The error is
	// that of preparing the scoped one.
	types(ctx context.Context, st *Statement) ([]*paramType, error)
}

// side is one of the two databases of a pair.
type side struct {
	database
	before state
}

// open prepares the session and remembers what the tables hold.
func (s *side) open(ctx context.Context, cat *catalog.Catalog) error {
	if err := s.prepare(ctx, cat); err != nil {
		return err
	}
	var err error
	s.before, err = s.read(ctx)
	return err
}
