package house

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// namedTests finds tests in a page, as in `runtime/manager TestSuspendDrains`.
var namedTests = regexp.MustCompile("`([a-z0-9/]+) (Test[A-Za-z0-9_]+)`")

// missingTests returns the tests that a page names and that are not there, and how many it
// names.
func missingTests(t *testing.T, page string) (missing []string, named int) {
	t.Helper()
	for _, m := range namedTests.FindAllStringSubmatch(page, -1) {
		named++
		files, err := filepath.Glob(filepath.Join("..", "..", m[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || regexp.MustCompile(`(?m)^func `+m[2]+`\(`).Match(text)
		}
		if !found {
			missing = append(missing, m[1]+" "+m[2])
		}
	}
	return missing, named
}

// TestThreatModel holds docs/threat-model.md to the tests that it names: a promise whose
// test has gone is nobody's.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	missing, named := missingTests(t, string(page))
	for _, name := range missing {
		t.Errorf("docs/threat-model.md names the test %s, which there is not", name)
	}
	if named < 60 {
		t.Errorf("only %d tests are named", named)
	}
	if missing, _ := missingTests(t, "`runtime/manager TestThatIsNot`"); len(missing) != 1 {
		t.Error("a test that is not there is not missed")
	}
}
