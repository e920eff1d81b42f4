package sqldb_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// stale is a result of a driver that always tells the id that the connection remembers.
type stale struct{ n, id int64 }

func (s stale) RowsAffected() (int64, error) { return s.n, nil }
func (s stale) LastInsertId() (int64, error) { return s.id, nil }

func TestResultTellsNoIDOfAnother(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result sql.Result
		id     int64
		err    error
	}{
		"a row was added": {sqldb.WithNewID(stale{1, 7}), 7, nil},
		"none was":        {sqldb.WithNewID(stale{0, 7}), 0, sqldb.ErrNoID},
		"none may be":     {sqldb.WithoutID(stale{1, 7}), 0, sqldb.ErrNoID},
	} {
		if id, err := c.result.LastInsertId(); id != c.id || !errors.Is(err, c.err) {
			t.Errorf("%s: id is %d, error is %v", name, id, err)
		}
	}
	if n, err := sqldb.WithoutID(stale{3, 7}).RowsAffected(); n != 3 || err != nil {
		t.Errorf("%d rows, error is %v", n, err)
	}
}
