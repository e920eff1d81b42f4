package goapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/internal/goapi"
)

// models is a file as generators write them, with a package that is not there, a
// type that somebody writes by hand, and a generic one.
const models = `package db

import (
	"context"

	fuid "github.com/acme/go-uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"gopkg.in/guregu/null.v4"
)

type Author struct {
	ID    fuid.UUID   ` + "`json:\"id\"`" + `
	Name  string
	Bio   pgtype.Text
	Notes null.String
	Extra null.Value[Custom]
	cache int
}

type Mood string

const (
	MoodHappy Mood = "happy"
	GetAuthor      = "-- name: GetAuthor :one\nSELECT 1"
)

type DBTX interface {
	Exec(ctx context.Context, sql string, args ...interface{}) error
}

type Queries struct{ db DBTX }

func New(db DBTX) *Queries { return &Queries{db: db} }

func (q *Queries) ListAuthors(ctx context.Context, id fuid.UUID) ([]Author, error) { return nil, nil }
`

func surface(t *testing.T, text string) map[string]string {
	t.Helper()
	p, err := goapi.Check(map[string][]byte{"models.go": []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range p.Errors {
		t.Error(err)
	}
	return p.Surface()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p, err := goapi.Check(map[string][]byte{"models.go": []byte(models)})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Errors) > 0 {
		t.Errorf("it does not compile: %v", p.Errors)
	}
	want := []string{"github.com/acme/go-uuid", "gopkg.in/guregu/null.v4"}
	if diff := cmp.Diff(want, p.Foreign); diff != "" {
		t.Errorf("foreign packages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Custom"}, p.Missing); diff != "" {
		t.Errorf("missing types (-want +got):\n%s", diff)
	}
	broken, err := goapi.Check(map[string][]byte{"models.go": []byte(models + "\nvar wrong int = \"text\"\n")})
	if err != nil || len(broken.Errors) == 0 {
		t.Errorf("what does not compile has no errors: %v", err)
	}
}

// Each change of what a caller sees is a difference, and no other is.
func TestSurface(t *testing.T) {
	t.Parallel()
	first := surface(t, models)
	for name, change := range map[string]struct{ old, new string }{
		"type of a field":        {"Name  string", "Name  []string"},
		"name of a field":        {"Name  string", "Title string"},
		"order of fields":        {"Name  string\n\tBio   pgtype.Text", "Bio   pgtype.Text\n\tName  string"},
		"tag of a field":         {`json:\"id\"`, `json:\"ID\"`},
		"value of a constant":    {`= "happy"`, `= "glad"`},
		"name of a constant":     {"MoodHappy", "MoodGlad"},
		"type of a constant":     {"MoodHappy Mood", "MoodHappy string"},
		"name of a statement":    {"GetAuthor      =", "GetAuthors     ="},
		"method of an interface": {"Exec(ctx", "Execute(ctx"},
		"variadic parameter":     {"args ...interface{}", "args []interface{}"},
		"parameter of a method":  {"id fuid.UUID)", "id *fuid.UUID)"},
		"result of a method":     {"([]Author, error)", "([]*Author, error)"},
		"receiver":               {"(q *Queries) ListAuthors", "(q *Author) ListAuthors"},
		"function":               {"func New(", "func Make("},
		"type by hand":           {"null.Value[Custom]", "null.Value[Other]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := strings.ReplaceAll(change.old, `\"`, `"`)
			if !strings.Contains(models, old) {
				t.Fatalf("%q is not in the file", old)
			}
			changed := surface(t, strings.ReplaceAll(models, old, strings.ReplaceAll(change.new, `\"`, `"`)))
			if maps.Equal(first, changed) {
				t.Error("the change is not seen")
			}
		})
	}
	for name, change := range map[string]struct{ old, new string }{
		"field that is not exported": {"cache int", "cache string"},
		"name of a parameter":        {"id fuid.UUID)", "author fuid.UUID)"},
		"text of a statement":        {`\nSELECT 1"`, `\nSELECT 2"`},
		"name of an import":          {"fuid", "uuid"},
		"spelling of any":            {"interface{}", "any"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(first, surface(t, strings.ReplaceAll(models, change.old, change.new))); diff != "" {
				t.Errorf("it counts as a change:\n%s", diff)
			}
		})
	}
	names := slices.Sorted(maps.Keys(first))
	want := []string{"Author", "Custom", "DBTX", "GetAuthor", "Mood", "MoodHappy", "New", "Queries", "Queries.ListAuthors", "not declared"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
