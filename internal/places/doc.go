// Package places has a generated package for SQLite with the layout that providers
// need, and its tests: one program, run under every strategy, has the same answers.
package places
