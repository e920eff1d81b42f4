package protoconflict_test

import (
	"testing"

	_ "github.com/sqlc-dev/oliphant/ast"
	_ "github.com/sqlc-dev/sqlc/pkg/cli"

	_ "github.com/tenancygen/tenancygen/generator/analyze/protoconflict"
)

// That the test binary starts is the test: without the package it panics.
func TestStart(t *testing.T) { t.Parallel() }
