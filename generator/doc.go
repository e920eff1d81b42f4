// Package generator is the compiler: it turns a schema and annotated queries into
// statements that are tied to one tenant, a Go package that runs them, and the
// DDL of the policies that hold even if someone goes round that package. Each
// stage is a package of its own; run.go lists them in order.
package generator
