package generator

import (
	"os"
	"testing"

	_ "github.com/tenancygen/tenancygen/generator/analyze/protoconflict" // before sqlc and our parser
	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// sqlcChild makes the test binary run sqlc instead of the tests.
const sqlcChild = "__sqlc"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sqlcChild {
		os.Exit(sqlcproc.Main(os.Args[2:]))
	}
	testpg.Main(m)
}
