package mysqlstore_test

import (
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// handles are ways to set up the driver and the session. None of them may matter.
var handles = map[string]func(*mysql.Config){
	"plain": func(*mysql.Config) {},
	"everything chosen": func(c *mysql.Config) {
		c.InterpolateParams, c.ClientFoundRows, c.ParseTime, c.MultiStatements = true, true, true, true
		c.Loc = time.FixedZone("elsewhere", 5*60*60)
		c.Collation = "utf8mb4_unicode_ci"
		c.Params = map[string]string{"time_zone": "'-11:00'", "sql_mode": "'TRADITIONAL,ANSI'"}
	},
}

// TestStoreConforms runs the suite with each of the handles.
func TestStoreConforms(t *testing.T) {
	t.Parallel()
	for name, handle := range handles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testmysql.Database(t), handle)
			storetest.Exercise(t, stores(db), hands(db)...)
		})
	}
}

// TestStoreConformsUnderSerializable runs the races of the suite where the session's
// default is the strictest level.
func TestStoreConformsUnderSerializable(t *testing.T) {
	t.Parallel()
	db := open(t, testmysql.Database(t), func(c *mysql.Config) {
		c.Params = map[string]string{"transaction_isolation": "'SERIALIZABLE'"}
		if testmysql.IsMariaDB(t, testmysql.URL(t)) {
			c.Params = map[string]string{"tx_isolation": "'SERIALIZABLE'"}
		}
	})
	storetest.Exercise(t, stores(db), storetest.Only(
		"quota at the same time", "creates at the same time", "renames at the same time", "updates at the same time",
		"merges at the same time", "status at the same time", "update", "list",
	))
}

// TestStoreConformsBelowCache runs the suite with a cache above.
func TestStoreConformsBelowCache(t *testing.T) {
	t.Parallel()
	below := stores(open(t, testmysql.Database(t)))
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		s, err := cachestore.New(below(t), cachestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
