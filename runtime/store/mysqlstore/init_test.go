package mysqlstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/mysqlstore"
)

// TestInitRace makes the tables from many handles at once.
func TestInitRace(t *testing.T) {
	t.Parallel()
	dsn := testmysql.Database(t)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 6 {
		s := on(t, open(t, dsn))
		wg.Go(func() {
			<-start
			if err := s.Init(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	create(t, on(t, open(t, dsn)), "acme")
}

// TestInitRefusesHandles calls Init on handles that are not set up for a store.
func TestInitRefusesHandles(t *testing.T) {
	t.Parallel()
	maria := testmysql.IsMariaDB(t, testmysql.URL(t))
	for name, c := range map[string]struct {
		params map[string]string
		says   string
		maria  bool
	}{
		"not strict":       {map[string]string{"sql_mode": "'NO_ENGINE_SUBSTITUTION'"}, "STRICT_TRANS_TABLES", false},
		"no mode at all":   {map[string]string{"sql_mode": "''"}, "STRICT_TRANS_TABLES", false},
		"empty is NULL":    {map[string]string{"sql_mode": "'STRICT_ALL_TABLES,EMPTY_STRING_IS_NULL'"}, "EMPTY_STRING_IS_NULL", true},
		"no autocommit":    {map[string]string{"autocommit": "0"}, "autocommit", false},
		"latin1":           {map[string]string{"character_set_connection": "latin1"}, "utf8mb4", false},
		"results in latin": {map[string]string{"character_set_results": "latin1"}, "utf8mb4", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.maria && !maria {
				t.Skip("only MariaDB knows the mode")
			}
			db := open(t, testmysql.Database(t), func(config *mysql.Config) { config.Params = c.params })
			if err := on(t, db).Init(t.Context()); !errors.Is(err, mysqlstore.ErrHandle) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestInitWithoutRights calls Init as a user who may use the tables and create nothing.
func TestInitWithoutRights(t *testing.T) {
	t.Parallel()
	admin := testmysql.Database(t)
	_, user := testmysql.User(t, admin)
	s := on(t, open(t, user))
	var e *mysql.MySQLError
	if err := s.Init(t.Context()); !errors.As(err, &e) || e.Number != 1142 {
		t.Errorf("Init where nothing is: %v", err)
	}
	// The user's own migration. It can be run again.
	db := open(t, admin, func(c *mysql.Config) { c.MultiStatements = true })
	for range 2 {
		if _, err := db.ExecContext(t.Context(), mysqlstore.DDL("")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Init(t.Context()); err != nil {
		t.Errorf("Init with rights on the tables: %v", err)
	}
	made := create(t, s, "acme")
	if _, err := s.SetStatus(t.Context(), made.ID, runtime.StatusDeleted); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
}

// TestInitOfOtherTables finds out that tables of these names are somebody else's, or
// cannot be locked.
func TestInitOfOtherTables(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ ddl, says string }{
		"somebody else's": {"CREATE TABLE tenancy_tenants (id INT)", "not as they should be"},
		"no transactions": {mysqlstore.DDL("") + "ALTER TABLE tenancy_forgotten_tenants ENGINE = MyISAM", "InnoDB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testmysql.Database(t), func(c *mysql.Config) { c.MultiStatements = true })
			if _, err := db.ExecContext(t.Context(), c.ddl); err != nil {
				t.Fatal(err)
			}
			if err := on(t, db).Init(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLockRow holds that without the row that creates lock, none is made; and that Init
// puts it back.
func TestLockRow(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	if _, err := db.ExecContext(t.Context(), "DELETE FROM tenancy_forgotten_tenants"); err != nil {
		t.Fatal(err)
	}
	acme := runtime.Tenant{ID: "a", Identifier: runtime.MustIdentifier("acme"), Name: "A", Status: runtime.StatusActive}
	if _, err := s.Create(t.Context(), acme, 0); err == nil || !strings.Contains(err.Error(), "call Init") {
		t.Errorf("got %v", err)
	}
	if err := s.Init(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), acme, 0); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := mysqlstore.New(nil, mysqlstore.Options{}); err == nil {
		t.Error("a store without a handle")
	}
	db := open(t, "u:hunter2@tcp(localhost:1)/d")
	for prefix, ok := range map[string]bool{
		"": true, "tenancy_": true, "t": true, strings.Repeat("a", 32): true,
		"Tenancy": false, "a b": false, "a`; DROP TABLE x; --": false, "a.b": false, strings.Repeat("a", 33): false, "1a": false, "é": false, "a\n": false,
	} {
		_, err := mysqlstore.New(db, mysqlstore.Options{Prefix: prefix})
		if (err == nil) != ok {
			t.Errorf("%q: %v", prefix, err)
		}
		func() {
			defer func() {
				if (recover() == nil) != ok {
					t.Errorf("DDL(%q) panics, or does not", prefix)
				}
			}()
			mysqlstore.DDL(prefix)
		}()
	}
}
