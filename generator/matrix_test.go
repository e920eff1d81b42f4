package generator

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// construct is one row of the matrix of SQL constructs in the specification, and
// one line of docs/constructs.md.
type construct struct {
	// number is that of the row; zero for what the matrix does not have.
	number int
	// name is the construct, and does is what becomes of it, both as the page says
	// it.
	name, does string
	// golden are cases that show it, as area/case; nasty are statements that the
	// oracle compares, or that nastyRefused lists.
	golden, nasty []string
	// refused are the codes with which it, or a part of it, is refused.
	refused []diag.Code
	// absent is set for what PostgreSQL does not have; such a row has no line.
	absent bool
}

const (
	matrixRows    = 60
	constructPage = "../docs/constructs.md"
)

// TestMatrix holds the list of constructs to the specification's, each to cases
// that exist, and the page for users to the list.
func TestMatrix(t *testing.T) {
	t.Parallel()
	statements := nastyNames(t)
	seen := map[int]bool{}
	for _, section := range constructs {
		for _, c := range section.list {
			if c.number > 0 && seen[c.number] {
				t.Errorf("row %d is there twice", c.number)
			}
			seen[c.number] = true
			c.check(t, statements)
		}
	}
	for row := 1; row <= matrixRows; row++ {
		if !seen[row] {
			t.Errorf("row %d of the matrix is missing", row)
		}
	}
	page := constructsPage()
	got, err := os.ReadFile(constructPage)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), page); diff != "" {
		t.Errorf("%s is not what the list says (rewrite it with -update), -page +list:\n%s", constructPage, diff)
		if *update {
			write(t, constructPage, []byte(page))
		}
	}
}

// check holds one construct to its cases.
func (c construct) check(t *testing.T, statements map[string]bool) {
	t.Helper()
	if c.absent {
		return
	}
	if len(c.golden) == 0 {
		t.Errorf("row %d, %s, has no golden case", c.number, c.name)
	}
	var found strings.Builder
	for _, name := range c.golden {
		text, err := os.ReadFile(filepath.Join("..", "golden", filepath.FromSlash(name)+".txtar"))
		if err != nil {
			t.Errorf("row %d, %s: %v", c.number, c.name, err)
		}
		_, want, _ := strings.Cut(string(text), "\n-- want/diagnostics.txt --\n")
		found.WriteString(want)
	}
	compared := false
	for _, name := range c.nasty {
		codes, refused := nastyRefused[name]
		if !refused && !statements[name] {
			t.Errorf("row %d, %s: there is no statement %s among the nasty ones", c.number, c.name, name)
		}
		compared = compared || !refused
		for _, code := range codes {
			fmt.Fprintf(&found, "[%s]", code)
		}
	}
	if !compared && len(c.refused) == 0 {
		t.Errorf("row %d, %s, is accepted, and no statement is compared on a server", c.number, c.name)
	}
	for _, code := range c.refused {
		if !strings.Contains(found.String(), "["+string(code)+"]") {
			t.Errorf("row %d, %s: no case is refused with %s", c.number, c.name, code)
		}
	}
}

// nastyNames are the statements that the oracle compares, on all servers or on
// new ones.
func nastyNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, pattern := range []string{"queries", "since*"} {
		files, err := filepath.Glob(filepath.Join(oracleData, "nasty", pattern, "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for line := range strings.Lines(readText(t, file)) {
				if rest, ok := strings.CutPrefix(line, "-- name: "); ok {
					names[strings.Fields(rest)[0]] = true
				}
			}
		}
	}
	return names
}

// constructsPage renders the page for users.
func constructsPage() string {
	var b strings.Builder
	b.WriteString(constructsIntro)
	for _, section := range constructs {
		fmt.Fprintf(&b, "\n## %s\n\n| construct | what becomes of it |\n|---|---|\n", section.title)
		for _, c := range section.list {
			if c.absent {
				continue
			}
			does := c.does
			var links []string
			for _, code := range slices.Sorted(slices.Values(c.refused)) {
				links = append(links, fmt.Sprintf("[%s](diagnostics.md)", code))
			}
			if links != nil {
				does += " (" + strings.Join(links, ", ") + ")"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.ReplaceAll(c.name, "|", "\\|"), strings.ReplaceAll(does, "|", "\\|"))
		}
	}
	return b.String()
}

const constructsIntro = `# SQL constructs

What ` + "`tenancygen`" + ` does with each construct of PostgreSQL's SQL, one line each. Why the
places are right is in [scoping.md](scoping.md). What the tool does not know is refused
by name and place. In brackets are the diagnostics of what is refused or warned about.

A test holds the page to the cases that show each line: change
` + "`generator/matrix_list_test.go`" + ` and run ` + "`go test ./generator -run TestMatrix -update`" + `.
`
