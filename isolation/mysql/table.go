package mysql

import (
	"context"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
)

// wrongTable looks at the storage engine. The schema may have named none, and the server
// have another default than InnoDB, or have taken another one where it had no InnoDB.
func wrongTable(ctx context.Context, q sqlspace.Querier, schema, table string) (found sqlspace.Problems, err error) {
	var engine string
	err = q.QueryRowContext(ctx, `SELECT COALESCE(ENGINE, '') FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND LOWER(TABLE_NAME) = LOWER(?)`, schema, table).Scan(&engine)
	if err == nil && engine != "InnoDB" {
		found.Addf("table %s is of the storage engine %q, which is not known to have both transactions and foreign keys: ALTER TABLE %[1]s ENGINE=InnoDB", table, engine)
	}
	return found, err
}
