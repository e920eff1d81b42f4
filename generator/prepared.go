package generator

import (
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// checkPrepared refuses emit_prepared_queries where tables belong to tenants. A
// statement that is prepared on a pool of database/sql runs on whatever connection
// comes next, and so for no tenant in particular. With pgx the option does nothing, as
// in sqlc: pgx prepares statements by itself.
func checkPrepared(cfg *config.Config, cat *catalog.Catalog, report *diag.Report) {
	if !cfg.Go.EmitPreparedQueries || cfg.Go.SQLPackage != "database/sql" || !cat.HasTenants() {
		return
	}
	report.Errorf(diag.OptionUnsupported, cfg.PreparedSpan, "emit_prepared_queries is not supported where tables belong to tenants").
		WithHelp("a prepared statement belongs to no tenant; set `go: {emit_prepared_queries: false}`, or use pgx/v5, which prepares statements by itself")
}
