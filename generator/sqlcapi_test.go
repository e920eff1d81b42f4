package generator

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/internal/goapi"
)

var apiEvery = flag.Int("sqlcapi.every", 1, "compare every n-th case of sqlc's own only")

// apiStatus is what became of a case.
type apiStatus string

const (
	apiIdentical  apiStatus = "identical"
	apiDiffers    apiStatus = "differs"
	apiNotGo      apiStatus = "does not compile"
	apiTheirs     apiStatus = "sqlc's does not compile" // and ours may differ
	apiRejected   apiStatus = "rejected"                // by both, at the same places
	apiElsewhere  apiStatus = "rejected elsewhere"      // by both, at other places
	apiWeReject   apiStatus = "only we reject"
	apiTheyReject apiStatus = "only sqlc rejects"
	apiSkipped    apiStatus = "skipped"
)

// apiResult is a case with what became of it.
type apiResult struct {
	apiCase
	status apiStatus
	detail string
}

// TestSQLCAPI generates sqlc's own test projects and examples with sqlc and with
// every table declared global, and compares the exported APIs of the packages.
func TestSQLCAPI(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the projects of sqlc are not beside the repository")
	}
	var mutex sync.Mutex
	var results []apiResult
	t.Cleanup(func() { logAPI(t, results) })
	for i, c := range apiCases(t, root) {
		if c.skip != "" {
			results = append(results, apiResult{c, apiSkipped, c.skip})
			continue
		}
		if i%*apiEvery != 0 {
			continue
		}
		t.Run(c.label, func(t *testing.T) {
			t.Parallel()
			r := compareAPI(t, c)
			mutex.Lock()
			defer mutex.Unlock()
			results = append(results, r)
		})
	}
}

// compareAPI generates a case both ways.
func compareAPI(t *testing.T, c apiCase) apiResult {
	t.Helper()
	dir := copyCase(t, c)
	own := map[string][]byte{} // files that an author has put beside the generated ones
	paths, _ := filepath.Glob(filepath.Join(dir, c.out, "*.go"))
	for _, path := range paths {
		own[filepath.Base(path)] = []byte(readText(t, path))
	}
	theirs := generateWithSQLC(t, c, dir)
	ours := generateWithOurs(t, c, dir)
	if ours.files != nil {
		maps.Copy(ours.files, own)
	}
	result := func(status apiStatus, detail string) apiResult { return apiResult{c, status, detail} }
	switch {
	case theirs.files == nil && ours.files == nil:
		if missing := placesMissing(theirs, ours); missing != "" {
			return result(apiElsewhere, missing)
		}
		return result(apiRejected, theirs.text)
	case theirs.files == nil:
		return result(apiTheyReject, theirs.text)
	case ours.files == nil:
		return result(apiWeReject, ours.text)
	}
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
	case len(them.Errors) > 0:
		return result(apiTheirs, fmt.Sprint(them.Errors)+"\n"+diff)
	case diff != "":
		return result(apiDiffers, diff)
	}
	return result(apiIdentical, strings.Join(us.Foreign, " "))
}

// placesMissing says at which places only one of the two complains.
func placesMissing(theirs, ours generated) string {
	at := func(list []complaint) map[string]bool {
		out := map[string]bool{}
		for _, c := range list {
			out[fmt.Sprintf("%s:%d:%d", c.file, c.line, c.column)] = true
		}
		return out
	}
	a, b := at(theirs.complaints), at(ours.complaints)
	if maps.Equal(a, b) {
		return ""
	}
	return "sqlc:\n" + theirs.text + "\ntenancygen:\n" + ours.text
}

func logAPI(t *testing.T, results []apiResult) {
	slices.SortFunc(results, func(a, b apiResult) int { return strings.Compare(a.label, b.label) })
	counts := map[string]map[apiStatus]int{}
	for _, r := range results {
		kind := r.kind
		if r.status == apiSkipped {
			kind = r.skip
		}
		if counts[kind] == nil {
			counts[kind] = map[apiStatus]int{}
		}
		counts[kind][r.status]++
		if r.status != apiSkipped && r.status != apiIdentical {
			t.Logf("%s %s: %s\n%s", r.label, r.kind, r.status, r.detail)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s: %v", kind, counts[kind])
	}
}
