// Package dynamic scopes SQL that is put together at run time to a tenant, with the
// compiler's own stages: what it accepts is certified as generated statements are,
// and what it cannot prove it refuses.
//
// It is the one package at run time that links the SQL parser, so a provider takes it
// as an option, and an application that has no dynamic SQL does without:
//
//	//go:embed tenancy.yaml schema.sql
//	var project embed.FS
//
//	filter, err := dynamic.New(project, "tenancy.yaml")
//	provider, err := postgres.NewRLS(pool, postgres.WithFilter(filter))
//
//	q, err := provider.ApplyFilters(runtime.Query{SQL: sql, Args: args}, tenant)
//	rows, err := provider.For(tenant).Query(ctx, q.SQL, q.Args...)
package dynamic
