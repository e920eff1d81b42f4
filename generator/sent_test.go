package generator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

// TestSentToSQLite holds that SQLite takes what the methods of the golden cases send: it
// prepares each statement, with a ? for each placeholder and lists of several lengths.
func TestSentToSQLite(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "golden", "sqlite", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	prepared := 0
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dir, schema := t.TempDir(), ""
		for _, f := range archive.Files {
			if isGoldenInput(f.Name) {
				write(t, filepath.Join(dir, f.Name), f.Data)
			}
			if f.Name == "schema.sql" {
				schema = string(f.Data)
			}
		}
		var report diag.Report
		opts := Options{ConfigPath: filepath.Join(dir, "tenancy.yaml"), Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}
		result, err := Generate(t.Context(), opts, &report)
		if err != nil {
			t.Fatal(err)
		}
		if result == nil || result.IR == nil {
			continue // refused on purpose
		}
		db := testsqlite.Open(t, "file:"+testsqlite.File(t), 1)
		if _, err := db.Exec(schema); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, q := range result.IR.Queries {
			for _, length := range []int{0, 1, 3} {
				stmt, err := db.Prepare(sentText(&q, length))
				if err != nil {
					t.Errorf("%s: %s: %v", path, q.Name, err)
					continue
				}
				_ = stmt.Close()
				prepared++
			}
		}
	}
	if prepared == 0 {
		t.Error("nothing was prepared")
	}
	t.Logf("%d texts of %d cases", prepared, len(paths))
}

// sentText is what a method sends when its slices have so many values.
func sentText(q *ir.Query, length int) string {
	var b strings.Builder
	at := 0
	for _, p := range q.Placeholders {
		b.WriteString(q.SQL[at:p.Start])
		switch {
		case !q.Params[p.Number-1].Column.IsSlice:
			b.WriteString("?")
		case length == 0:
			b.WriteString("NULL")
		default:
			b.WriteString("?" + strings.Repeat(",?", length-1))
		}
		at = p.End
	}
	return b.String() + q.SQL[at:]
}
