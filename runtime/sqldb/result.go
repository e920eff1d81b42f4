package sqldb

import (
	"database/sql"
	"errors"
)

// ErrNoID is returned by LastInsertId where a statement has given no new row a number, or
// may not have: a connection of SQLite remembers the number of an earlier row, which may
// be another tenant's. RETURNING tells the keys of the rows that a statement has written.
var ErrNoID = errors.New("tenancy: the result has no id of a new row: write RETURNING with the key")

// WithoutID returns the result without its id: LastInsertId is ErrNoID. Generated code
// calls it for statements that may add no row.
func WithoutID(r sql.Result) sql.Result { return guarded{r, false} }

// WithNewID returns the result, whose LastInsertId is ErrNoID where no row was affected.
// Generated code calls it for statements that add a row, if the schema lets them: a
// trigger and a key can leave it out.
func WithNewID(r sql.Result) sql.Result { return guarded{r, true} }

// guarded is a result that tells the id only of a new row.
type guarded struct {
	sql.Result
	adds bool
}

func (g guarded) LastInsertId() (int64, error) {
	if !g.adds {
		return 0, ErrNoID
	}
	n, err := g.RowsAffected()
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return 0, ErrNoID
	}
	return g.Result.LastInsertId()
}
