package sqlcproc_test

import (
	"os"
	"testing"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
)

// childArgument makes the test binary run sqlc instead of the tests.
const childArgument = "__sqlc"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		os.Exit(sqlcproc.Main(os.Args[2:]))
	}
	os.Exit(m.Run())
}
