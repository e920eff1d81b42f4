// Package places has generated packages for SQLite and for MySQL with the layouts that
// providers need, from schemas and queries that mean the same, and its tests: one program,
// run on each database under every strategy, has the same answers.
package places
