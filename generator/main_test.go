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

// sqlcMany makes the test binary run sqlc for several projects, pairs of a directory
// and a configuration. It prints sqlcMark before each.
const (
	sqlcMany = "__sqlc_many"
	sqlcMark = "\n# project\n"
)

func runMany(args []string) {
	for i := 0; i+1 < len(args); i += 2 {
		_, _ = os.Stderr.WriteString(sqlcMark)
		if err := os.Chdir(args[i]); err != nil {
			panic(err)
		}
		if code := sqlcproc.Main([]string{"generate", "--no-remote", "-f", args[i+1]}); code != 0 {
			os.Exit(code)
		}
	}
	os.Exit(0)
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sqlcChild {
		os.Exit(sqlcproc.Main(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == sqlcMany {
		runMany(os.Args[2:])
	}
	testpg.Main(m)
}
