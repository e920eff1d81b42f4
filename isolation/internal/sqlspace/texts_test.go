package sqlspace

import (
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// slotted returns a text with a slot at each "notes" that stands alone.
func slotted(sql string) runtime.Text {
	text := runtime.Text{SQL: sql}
	for at := 0; ; {
		i := strings.Index(sql[at:], "notes")
		if i < 0 {
			return text
		}
		text.Slots = append(text.Slots, runtime.Slot{Start: at + i, End: at + i + 5, Name: "notes"})
		at += i + 5
	}
}

// A text is known with its lists filled in as generated code does, and with nothing
// else in their place; its slots move with the lists.
func TestTextsWithLists(t *testing.T) {
	t.Parallel()
	layout := runtime.Layout{Statements: []runtime.Text{
		slotted("-- name: A :many\nSELECT 1 FROM notes WHERE id IN (/*SLICE:ids*/?) AND x IN (SELECT y FROM notes WHERE z IN (/*SLICE:zs*/?)) AND a = ?"),
		slotted("-- name: A :many\nSELECT 2 FROM notes WHERE id IN (/*SLICE:ids*/?)"),
		slotted("SELECT 3 FROM notes"),
	}}
	texts, err := NewTexts(&layout)
	if err != nil {
		t.Fatal(err)
	}
	space := namespace.Space{Prefix: "t_a__", Backticks: true}
	for sql, want := range map[string]string{
		"-- name: A :many\nSELECT 1 FROM notes WHERE id IN (?,?,?) AND x IN (SELECT y FROM notes WHERE z IN (NULL)) AND a = ?": "-- name: A :many\nSELECT 1 FROM `t_a__notes` WHERE id IN (?,?,?) AND x IN (SELECT y FROM `t_a__notes` WHERE z IN (NULL)) AND a = ?",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (?)":                                                                "-- name: A :many\nSELECT 2 FROM `t_a__notes` WHERE id IN (?)",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (/*SLICE:ids*/?)":                                                   "-- name: A :many\nSELECT 2 FROM `t_a__notes` WHERE id IN (/*SLICE:ids*/?)",
		"SELECT 3 FROM notes": "SELECT 3 FROM `t_a__notes`",
	} {
		text, ok := texts.Get(sql)
		if !ok {
			t.Errorf("%s is not known", sql)
			continue
		}
		if got := namespace.Render(text, space); got != want {
			t.Errorf("%s became %s", sql, got)
		}
	}
	for _, sql := range []string{
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (SELECT id FROM others)",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (?) OR id IN (?)",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (?,?,)",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN ()",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (NULL",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (?) ",
		"-- name: A :many\nSELECT 2 FROM notes WHERE id IN (NULL) OR (1)",
		"SELECT 3 FROM notes ", "SELECT 3", "",
	} {
		if text, ok := texts.Get(sql); ok {
			t.Errorf("%s is taken for %+v", sql, text)
		}
	}
}

func TestCheckSlots(t *testing.T) {
	t.Parallel()
	for name, slots := range map[string][]runtime.Slot{
		"behind the end": {{Start: 0, End: 9, Name: "a"}},
		"backwards":      {{Start: 2, End: 1, Name: "a"}},
		"overlapping":    {{Start: 0, End: 3, Name: "a"}, {Start: 2, End: 4, Name: "a"}},
		"no name":        {{Start: 0, End: 1}},
		"a literal":      {{Start: 0, End: 1, Name: "a", Kind: runtime.SlotLiteral}},
	} {
		if CheckSlots(runtime.Text{SQL: "notes", Slots: slots}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	where, args := bind("t.a = $1 AND EXISTS (SELECT 1 FROM p WHERE p.x = '$1?' AND p.`$1` = ?)", "acme")
	if where != "t.a = ? AND EXISTS (SELECT 1 FROM p WHERE p.x = '$1?' AND p.`$1` = ?)" || len(args) != 2 {
		t.Errorf("%s with %v", where, args)
	}
}
