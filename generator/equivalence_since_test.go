package generator

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// nastySince are the statements that older servers do not know, by the major
// version from which on they run: nasty/since<version>/queries.sql, on the nasty
// schema and what schema.sql and data.sql beside it add. known are their
// documented differences.
var nastySince = []struct {
	version int
	known   []equivalence.Known
}{
	{version: 17},
	{version: 18, known: []equivalence.Known{
		{Statement: "ConflictForeignOldNew", Kind: equivalence.Failure, Reason: globalKey},
		{Statement: "ConflictForeignOldNew", Kind: equivalence.Rows, Reason: globalKey},
	}},
}

// TestEquivalenceOfNewServers is TestEquivalenceOfNasty for statements that need a
// newer server than the oldest one. What is accepted is tested on any server;
// `make test-matrix` runs it on all.
func TestEquivalenceOfNewServers(t *testing.T) {
	t.Parallel()
	for _, since := range nastySince {
		t.Run(fmt.Sprintf("PostgreSQL %d", since.version), func(t *testing.T) {
			t.Parallel()
			p := compileSince(t, since.version, nil)
			p.accepted(t)
			skipBefore(t, since.version)
			p.check(t, p.labSince(t, since.version), nastyTenants, since.known)
		})
	}
}

// TestControlsOfNewServers spoils the same statements in the ways that take away
// all protection: certify must refuse whatever the oracle sees to be wrong, and
// the oracle must see something.
func TestControlsOfNewServers(t *testing.T) {
	t.Parallel()
	for _, since := range nastySince {
		honest := compileSince(t, since.version, nil)
		t.Run(fmt.Sprintf("PostgreSQL %d", since.version), func(t *testing.T) {
			t.Parallel()
			skipBefore(t, since.version)
			lab := honest.labSince(t, since.version)
			seen := false
			for _, spoil := range []tamper{dropPredicates, dropOn, dropGuards, dropWhens, dropInserts} {
				list := spoilt(honest, compileSince(t, since.version, spoil))
				got := control(t, lab, list, nastyTenants[:2], since.known)
				if len(got.wrong) > 0 {
					t.Errorf("certify accepts, and the oracle sees a difference of %q", got.wrong)
				}
				seen = seen || len(got.missed) < len(list)
			}
			if !seen {
				t.Error("the oracle sees no difference whatever is taken away")
			}
		})
	}
}

// skipBefore skips a test that an older server cannot run.
func skipBefore(t *testing.T, version int) {
	t.Helper()
	if have := testpg.Version(t); have < version {
		t.Skipf("PostgreSQL %d does not know this SQL: it needs %d (make test-matrix)", have, version)
	}
}

// compileSince scopes the statements of a version, with spoilt plans if there is
// a tamper.
func compileSince(t *testing.T, version int, spoil tamper) *oracleProject {
	t.Helper()
	var report diag.Report
	in := read(filepath.Join(oracleData, "nasty", "tenancy.yaml"), &report)
	if in == nil {
		t.Fatal(report.Sorted())
	}
	if text := sinceFile(t, version, "schema.sql"); text != "" {
		in.Schema = append(in.Schema, source.NewFile("schema.sql", text))
	}
	in.Queries = []*source.File{source.NewFile("queries.sql", sinceFile(t, version, "queries.sql"))}
	if spoil == nil {
		return compileInput(t, in, nil)
	}
	return compileInput(t, in, spoilAll(t, parse.PostgreSQL, spoil))
}

// labSince loads the rows of the nasty data and those of a version.
func (p *oracleProject) labSince(t *testing.T, version int) *equivalence.Lab {
	t.Helper()
	data := readText(t, filepath.Join(oracleData, "nasty", "data.sql")) + sinceFile(t, version, "data.sql")
	return equivalence.New(t, equivalence.Project{Catalog: p.catalog, Schema: p.schema, Data: data})
}

// sinceFile reads a file of a version; it is empty when there is none.
func sinceFile(t *testing.T, version int, name string) string {
	t.Helper()
	path := filepath.Join(oracleData, "nasty", fmt.Sprintf("since%d", version), name)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return ""
	}
	return readText(t, path)
}
