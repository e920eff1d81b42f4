package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

// slotTally counts statements by what became of their slots.
type slotTally struct {
	mu         sync.Mutex
	statements int
	slots      int
	unmovable  map[string]int
}

// movable finds the slots of the accepted statements and has them checked. Beside the
// check, there have to be as many as certify finds references to tenants' tables.
func (y *slotTally) movable(tables *slot.Tables, list []*statement) error {
	for _, s := range list {
		if s.status() != StatusAccepted || s.check == nil {
			continue
		}
		slots, err := tables.Find(s.result.SQL)
		if u := (*slot.Unmovable)(nil); errors.As(err, &u) {
			y.mu.Lock()
			y.unmovable[u.Why]++
			y.mu.Unlock()
			continue
		}
		if err == nil {
			err = tables.Check(s.result.SQL, slots)
		}
		if err != nil {
			return fmt.Errorf("%s: %w:\n%s", s.text.Name, err, s.result.SQL)
		}
		references, own := 0, 0
		for _, r := range s.check.References {
			if r.Table.Tenancy.Class != ir.ClassGlobal {
				references++
			}
		}
		for _, found := range slots {
			if found.Kind == ir.SlotTable {
				own++
			}
		}
		if own != references {
			return fmt.Errorf("%s: %d slots, and certify finds %d references:\n%s", s.text.Name, own, references, s.result.SQL)
		}
		y.mu.Lock()
		y.statements++
		y.slots += len(slots)
		y.mu.Unlock()
	}
	return nil
}

func (y *slotTally) log(t *testing.T) {
	t.Helper()
	t.Logf("%d statements with %d slots; unmovable: %v", y.statements, y.slots, y.unmovable)
}

// TestSlots finds and checks the slots of all statements of the examples, of the nasty
// ones, of minder, of the golden cases and of sqlc's projects.
func TestSlots(t *testing.T) {
	t.Parallel()
	y := &slotTally{unmovable: map[string]int{}}
	check := func(p *oracleProject) {
		if err := y.movable(slot.Of(p.catalog), p.statements); err != nil {
			t.Error(err)
		}
	}
	check(compileProject(t, filepath.Join("..", "examples"), "", nil))
	check(compileProject(t, filepath.Join(oracleData, "nasty"), "", nil))
	check(compileInput(t, readMinder(t), nil))
	for _, since := range nastySince {
		check(compileSince(t, since.version, nil))
	}
	t.Run("golden", func(t *testing.T) {
		paths, err := filepath.Glob(filepath.Join("..", "golden", "*", "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if p, _ := goldenProject(t, path); p != nil {
				check(p.oracleProject)
			}
		}
	})
	t.Run("sqlc", func(t *testing.T) { y.projects(t) })
	y.log(t)
	if y.statements < 500 {
		t.Errorf("only %d statements have slots", y.statements)
	}
	if n := y.statements; len(y.unmovable)*10 > n {
		t.Errorf("too many statements are unmovable: %v", slices.Sorted(maps.Keys(y.unmovable)))
	}
}

// projects finds the slots of sqlc's own test projects, every table of which is given a
// tenant column.
func (y *slotTally) projects(t *testing.T) {
	t.Helper()
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the projects of sqlc are not beside the repository")
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "sqlc.json" && d.Name() != "sqlc.yaml" {
			return err
		}
		if p, _ := sqlcProject(t, path); p != nil {
			if err := y.movable(slot.Of(p.catalog), p.statements); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSlotsOfRandom does the same for random statements over the nasty schema.
func TestSlotsOfRandom(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, "", nil)
	pair := p.lab(t, filepath.Join(dir, "data.sql")).Pair(t, nastyTenants[0])
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pair, "doc_state"))
	tables := slot.Of(p.catalog)
	y := &slotTally{unmovable: map[string]int{}}
	rapidFlags.Lock()
	defer rapidFlags.Unlock()
	setRapid(t, *oracleStatements, *oracleSeed)
	rapid.Check(t, func(rt *rapid.T) {
		s := p.scopeOne(statements.Draw(rt, "statement").SQL, nil)
		if err := y.movable(tables, []*statement{s}); err != nil {
			rt.Fatal(err)
		}
	})
	y.log(t)
}

// TestSlotsControl lets the search take one table after another for what it is not:
// a tenant's for a global one, and the other way round. The check has to see it in
// every statement that names the table.
func TestSlotsControl(t *testing.T) {
	t.Parallel()
	spoilt := 0
	for _, dir := range []string{filepath.Join("..", "examples"), filepath.Join(oracleData, "nasty")} {
		honest, wrong := compileProject(t, dir, "", nil), compileProject(t, dir, "", nil)
		check := slot.Of(honest.catalog)
		for _, table := range wrong.catalog.Tables {
			was := table.Tenancy.Class
			if table.Tenancy.Class = ir.ClassGlobal; was == ir.ClassGlobal {
				table.Tenancy.Class = ir.ClassTenant
			}
			search := slot.Of(wrong.catalog)
			for _, s := range honest.statements {
				if s.status() != StatusAccepted || s.check == nil || !slices.ContainsFunc(s.check.References, func(r certify.Reference) bool {
					return r.Table.Schema == table.Schema && r.Table.Name == table.Name
				}) {
					continue
				}
				slots, err := search.Find(s.result.SQL)
				if err != nil {
					continue // it cannot be moved
				}
				if spoilt++; check.Check(s.result.SQL, slots) == nil {
					t.Errorf("%s: the check does not see that %s was taken for another class", s.text.Name, table.Name)
				}
			}
			table.Tenancy.Class = was
		}
	}
	t.Logf("%d statements with a mistake", spoilt)
	if spoilt < 300 {
		t.Error("they are too few")
	}
}
