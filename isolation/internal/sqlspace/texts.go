package sqlspace

import (
	"fmt"
	"strings"
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
)

// maxTexts is how many texts a generation of dynamic texts has.
const maxTexts = 4096

// Texts are the texts that are known to name tables in slots only: those of a
// generated package, and those that ApplyFilters returned. It is safe for concurrent
// use.
type Texts struct {
	known map[string]runtime.Text
	// sliced are those with lists, by their first line. What is sent of them depends
	// on the lengths of the lists.
	sliced map[string][]runtime.Text

	mu sync.Mutex
	// A full generation becomes the old one, and what was in the old one and has not
	// been used since is forgotten.
	young, old map[string]runtime.Text
}

// NewTexts returns the texts of a layout, or an error for slots that are not places in
// their text, in order.
func NewTexts(layout *runtime.Layout) (*Texts, error) {
	t := &Texts{known: map[string]runtime.Text{}, sliced: map[string][]runtime.Text{}}
	for _, text := range layout.Statements {
		if err := CheckSlots(text); err != nil {
			return nil, err
		}
		t.known[text.SQL] = text
		if strings.Contains(text.SQL, listStart) {
			line := firstLine(text.SQL)
			t.sliced[line] = append(t.sliced[line], text)
		}
	}
	return t, nil
}

// CheckSlots returns an error for slots that are not places in the text, in order.
func CheckSlots(text runtime.Text) error {
	end := 0
	for _, slot := range text.Slots {
		if slot.Start < end || slot.End < slot.Start || slot.End > len(text.SQL) || slot.Name == "" || strings.Contains(slot.Name, "\x00") {
			return fmt.Errorf("%w: a slot is not in its text: %s", ErrLayout, firstLine(text.SQL))
		}
		if slot.Kind == runtime.SlotLiteral {
			return fmt.Errorf("%w: the database has no names in literals: %s", ErrLayout, firstLine(text.SQL))
		}
		end = slot.End
	}
	return nil
}

// Put adds a text of ApplyFilters.
func (t *Texts) Put(text runtime.Text) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(text)
}

func (t *Texts) add(text runtime.Text) {
	if len(t.young) >= maxTexts {
		t.old, t.young = t.young, nil
	}
	if t.young == nil {
		t.young = map[string]runtime.Text{}
	}
	t.young[text.SQL] = text
}

// Get returns the text that is known to be sql, with slots where sql has them.
func (t *Texts) Get(sql string) (runtime.Text, bool) {
	if text, ok := t.known[sql]; ok {
		return text, true
	}
	for _, text := range t.sliced[firstLine(sql)] {
		if filled, ok := fill(text, sql); ok {
			return filled, true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if text, ok := t.young[sql]; ok {
		return text, true
	}
	text, ok := t.old[sql]
	if ok {
		t.add(text)
	}
	return text, ok
}

// Generated code writes a list of parameters, or NULL for an empty one, in the place
// of /*SLICE:name*/? before it sends a statement.
const listStart, listEnd = "/*SLICE:", "*/?"

// fill returns the text with its lists as sql has them, and whether that is sql. The
// text between the lists has to be the same, byte for byte.
func fill(text runtime.Text, sql string) (runtime.Text, bool) {
	slots := text.Slots
	filled := runtime.Text{SQL: sql, Slots: make([]runtime.Slot, 0, len(slots))}
	from, at := 0, 0 // in the text, and in sql
	for {
		start := strings.Index(text.SQL[from:], listStart)
		part := text.SQL[from:]
		if start >= 0 {
			part = part[:start]
		}
		if !strings.HasPrefix(sql[at:], part) {
			return runtime.Text{}, false
		}
		for len(slots) > 0 && slots[0].Start < from+len(part) {
			moved := slots[0]
			moved.Start, moved.End = moved.Start-from+at, moved.End-from+at
			filled.Slots, slots = append(filled.Slots, moved), slots[1:]
		}
		at += len(part)
		if start < 0 {
			return filled, at == len(sql) && len(slots) == 0
		}
		length := strings.Index(text.SQL[from+start:], listEnd)
		if length < 0 {
			return runtime.Text{}, false
		}
		from += start + length + len(listEnd)
		list := listLength(sql[at:], text.SQL[from-length-len(listEnd):from])
		if list == 0 {
			return runtime.Text{}, false
		}
		at += list
	}
}

// listLength is how many bytes of a list sql begins with: parameters with commas
// between them, NULL, or the place of a list that nobody has filled.
func listLength(sql, place string) int {
	for _, whole := range []string{place, "NULL"} {
		if strings.HasPrefix(sql, whole) {
			return len(whole)
		}
	}
	if !strings.HasPrefix(sql, "?") {
		return 0
	}
	n := 1
	for strings.HasPrefix(sql[n:], ",?") {
		n += 2
	}
	return n
}

// firstLine is how a statement is found, and named in a report: by the comment of its
// name.
func firstLine(sql string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(sql), "\n")
	return strings.TrimPrefix(line, "-- name: ")
}
