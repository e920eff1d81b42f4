package generator

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/internal/goapi"
)

var (
	apiEvery = flag.Int("sqlcapi.every", 1, "compare every n-th case of sqlc's own only")
	apiKind  = flag.String("sqlcapi.kind", "", "compare the cases of one sql_package or engine only")
)

// apiFloors are the numbers of cases that are identical, or rejected at the same
// places, by sql_package of PostgreSQL, and by engine. They only rise.
var apiFloors = map[string]int{"pgx/v5": 252, "database/sql": 268, "mysql": 141, "sqlite": 93}

// apiStatus is what became of a case.
type apiStatus string

const (
	apiIdentical  apiStatus = "identical"
	apiRejected   apiStatus = "rejected"           // by both, at the same places, or without one in the SQL
	apiCloser     apiStatus = "rejected closer"    // in the same statements, often at the name that is wrong
	apiElsewhere  apiStatus = "rejected elsewhere" // by both, at other places
	apiDiffers    apiStatus = "differs"
	apiNotGo      apiStatus = "does not compile"
	apiTheirs     apiStatus = "sqlc's does not compile" // and ours differs
	apiWeReject   apiStatus = "only we reject"
	apiTheyReject apiStatus = "only sqlc rejects"
	apiSkipped    apiStatus = "skipped"
)

// isSame reports whether a case is as it should be.
func (s apiStatus) isSame() bool { return s == apiIdentical || s == apiRejected || s == apiCloser }

// apiResult is a case with what became of it.
type apiResult struct {
	*apiCase
	status apiStatus
	detail string
}

// TestSQLCAPI generates sqlc's own test projects and examples with sqlc and with
// every table declared global, and compares the exported APIs of the packages. What
// is not the same has its reason in testdata/sqlcapi.txt.
func TestSQLCAPI(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the projects of sqlc are not beside the repository")
	}
	known := knownAPI(t)
	var results []apiResult
	var chosen []*apiCase
	for _, c := range apiCases(t, root) {
		if *apiKind != "" && c.kind != *apiKind {
			continue
		}
		if c.skip != "" {
			results = append(results, apiResult{c, apiSkipped, c.skip})
		} else {
			chosen = append(chosen, c)
		}
	}
	all := len(chosen)
	for i := all - 1; i >= 0; i-- {
		if i%*apiEvery != 0 {
			chosen = slices.Delete(chosen, i, i+1)
		}
	}
	copies := t.TempDir()
	for i, c := range chosen {
		c.copyTo(t, filepath.Join(copies, strconv.Itoa(i)))
	}
	// No subtests, which -run could leave out.
	var halves sync.WaitGroup
	for half := range slices.Chunk(chosen, max(1, (len(chosen)+1)/2)) {
		halves.Go(func() { generateWithSQLC(t, half) })
	}
	halves.Wait()
	if t.Failed() {
		return
	}
	skipped := len(results)
	t.Cleanup(func() { reportAPI(t, results, *apiKind == "" && all == len(results)-skipped) })
	var mutex sync.Mutex
	for _, c := range chosen {
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			r := compareAPI(t, c)
			known.check(t, r)
			mutex.Lock()
			defer mutex.Unlock()
			results = append(results, r)
		})
	}
}

// compareAPI generates a case with ours, and compares it with sqlc's.
func compareAPI(t *testing.T, c *apiCase) apiResult {
	t.Helper()
	theirs, ours := c.theirs, generateWithOurs(t, c)
	result := func(status apiStatus, detail string) apiResult { return apiResult{c, status, detail} }
	switch {
	case theirs.files == nil && ours.files == nil:
		return result(comparePlaces(t, c, theirs, ours), "sqlc:\n"+theirs.text+"\ntenancygen:\n"+ours.text)
	case theirs.files == nil:
		return result(apiTheyReject, theirs.text)
	case ours.files == nil:
		return result(apiWeReject, ours.text)
	}
	maps.Copy(ours.files, c.own)
	us, err := goapi.Check(ours.files)
	if err != nil {
		t.Fatal(err)
	}
	if len(us.Errors) > 0 {
		return result(apiNotGo, fmt.Sprint(us.Errors))
	}
	them, err := goapi.Check(theirs.files)
	if err != nil {
		t.Fatal(err)
	}
	diff := cmp.Diff(slices.Sorted(maps.Keys(theirs.files)), slices.Sorted(maps.Keys(ours.files)))
	diff += cmp.Diff(them.Surface(), us.Surface())
	switch {
	case diff == "":
		return result(apiIdentical, strings.Join(us.Foreign, " "))
	case len(them.Errors) > 0:
		return result(apiTheirs, fmt.Sprint(them.Errors)+"\n"+diff)
	}
	return result(apiDiffers, diff)
}

// comparePlaces says how the places of complaints compare.
func comparePlaces(t *testing.T, c *apiCase, theirs, ours generated) apiStatus {
	t.Helper()
	if len(theirs.complaints) == 0 {
		return apiRejected // about the configuration, or about what was found in no place
	}
	if slices.EqualFunc(theirs.complaints, ours.complaints, func(a, b complaint) bool {
		return a.file == b.file && a.line == b.line && a.column == b.column
	}) {
		return apiRejected
	}
	if slices.EqualFunc(theirs.complaints, ours.complaints, func(a, b complaint) bool {
		return a.file == b.file && c.statement(t, a) == c.statement(t, b)
	}) {
		return apiCloser
	}
	return apiElsewhere
}

// statement returns the line of the name of the query that a complaint is about.
func (c *apiCase) statement(t *testing.T, at complaint) int {
	t.Helper()
	name := 0
	for i, line := range strings.Split(readText(t, filepath.Join(c.copied, at.file)), "\n") {
		if i < at.line && strings.Contains(line, "name: ") {
			name = i + 1
		}
	}
	return name
}

// apiTable are the cases that are not the same, by label, with their status and the
// reason.
type apiTable map[string]struct {
	status apiStatus
	reason string
}

// knownAPI reads the table: label, status and reason in each line, apart by bars.
func knownAPI(t *testing.T) apiTable {
	t.Helper()
	table := apiTable{}
	for line := range strings.Lines(readText(t, filepath.Join("testdata", "sqlcapi.txt"))) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, " | ")
		if len(fields) != 3 || strings.TrimSpace(fields[2]) == "" {
			t.Fatalf("testdata/sqlcapi.txt: %q is not label | status | reason", line)
		}
		entry := table[fields[0]]
		entry.status, entry.reason = apiStatus(fields[1]), fields[2]
		table[fields[0]] = entry
	}
	return table
}

// check holds a result against the table.
func (table apiTable) check(t *testing.T, r apiResult) {
	t.Helper()
	entry, listed := table[r.label]
	switch {
	case !listed && !r.status.isSame():
		t.Errorf("%s: %s\n%s", r.kind, r.status, r.detail)
	case listed && entry.status != r.status:
		t.Errorf("it is %q now, and testdata/sqlcapi.txt says %q: correct the table, and raise the floor\n%s", r.status, entry.status, r.detail)
	}
}

// reportAPI prints what became of the cases, and holds the floors.
func reportAPI(t *testing.T, results []apiResult, complete bool) {
	slices.SortFunc(results, func(a, b apiResult) int { return strings.Compare(a.label, b.label) })
	counts, foreign := map[string]map[apiStatus]int{}, 0
	for _, r := range results {
		kind := r.kind
		if r.status == apiSkipped {
			kind = r.skip
		}
		if counts[kind] == nil {
			counts[kind] = map[apiStatus]int{}
		}
		counts[kind][r.status]++
		switch r.status {
		case apiIdentical:
			if r.detail != "" {
				foreign++
				t.Logf("%s: identical, with empty packages for %s", r.label, r.detail)
			}
		case apiSkipped:
		default:
			t.Logf("%s: %s", r.label, r.status)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s: %v", kind, counts[kind])
	}
	t.Logf("%d of the identical ones import packages that are not in go.mod, for which empty ones stand", foreign)
	for kind, floor := range apiFloors {
		of := counts[kind]
		same := of[apiIdentical] + of[apiRejected] + of[apiCloser]
		generates := of[apiIdentical] + of[apiDiffers] + of[apiNotGo] + of[apiTheirs] + of[apiWeReject]
		t.Logf("%s: %d identical of %d that sqlc generates; %d the same in all, floor %d", kind, of[apiIdentical], generates, same, floor)
		if complete && same != floor {
			t.Errorf("%s: %d cases are the same, and the floor is %d: it has to be that number, and only rises", kind, same, floor)
		}
	}
}
