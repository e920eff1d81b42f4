package show

import (
	"database/sql"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Shared is a provider of tables that tenants share.
type Shared struct{ DB *sql.DB }

func (s Shared) For(t runtime.Tenant) sqldb.DB {
	if err := t.Check(); err != nil {
		return sqldb.Refuse(err)
	}
	return s.DB
}

func (s Shared) Global() sqldb.DB { return s.DB }
