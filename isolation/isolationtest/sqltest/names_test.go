package sqltest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/isolation/isolationtest"
)

// What the suite for pgx looks at, this one looks at under the same name, but for what
// database/sql does not have.
func TestChecksAreThoseOfPgx(t *testing.T) {
	t.Parallel()
	var missing []string
	for _, name := range isolationtest.Checks() {
		if !slices.Contains(Checks(), name) {
			missing = append(missing, name)
		}
	}
	want := []string{
		"batch results line up", "query options", // pgx has them
		"scan errors and panics",              // "scan errors": after a panic database/sql keeps the connection
		"deferred constraints",                // of PostgreSQL
		"copy",                                // pgx has it
		"round trips",                         // of pgx's modes
		"foreign writes are rejected",         // by policies
		"commit in the statements",            // under policies
		"copied in", "stored name of another", // pgx has it; stored names are refused by test of their own
	}
	slices.Sort(missing)
	slices.Sort(want)
	if d := cmp.Diff(want, missing); d != "" {
		t.Errorf("checks that are missing here (-want +got):\n%s", d)
	}
}
