package source

import (
	"fmt"
	"sort"
	"strings"
)

// Edit replaces the bytes [Start, End) of a text by New. Start == End inserts.
type Edit struct {
	Start, End int
	New        string
}

// Map relates the offsets of a text before and after a list of edits.
type Map struct {
	edits []Edit // sorted
}

// Apply returns the text with the edits made, and the map between the two. Two
// insertions at one place are made in the order given. Overlapping edits, and
// edits outside the text, are a bug of the caller and an error.
func Apply(text string, edits []Edit) (string, *Map, error) {
	sorted := make([]Edit, len(edits))
	copy(sorted, edits)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if a.Start != b.Start {
			return a.Start < b.Start
		}
		return a.End < b.End
	})
	var out strings.Builder
	at := 0
	for _, e := range sorted {
		if e.Start < 0 || e.End < e.Start || e.End > len(text) {
			return "", nil, fmt.Errorf("edit [%d,%d) lies outside a text of %d bytes", e.Start, e.End, len(text))
		}
		if e.Start < at {
			return "", nil, fmt.Errorf("edit [%d,%d) overlaps one that ends at %d", e.Start, e.End, at)
		}
		out.WriteString(text[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.WriteString(text[at:])
	return out.String(), &Map{edits: sorted}, nil
}

// ToOld returns the offset before the edits of an offset after them. A place
// inside new text maps to the start of what it replaced.
func (m *Map) ToOld(offset int) int {
	shift := 0 // new minus old, so far
	for _, e := range m.edits {
		start := e.Start + shift
		if offset < start {
			break
		}
		if offset < start+len(e.New) {
			return e.Start
		}
		shift += len(e.New) - (e.End - e.Start)
	}
	return offset - shift
}

// ToNew returns the offset after the edits of an offset before them. A place
// inside replaced text maps to the start of the replacement; a place where
// text was inserted maps to the place behind the insertion.
func (m *Map) ToNew(offset int) int {
	shift := 0
	for _, e := range m.edits {
		if offset < e.Start {
			break
		}
		if offset < e.End {
			return e.Start + shift
		}
		shift += len(e.New) - (e.End - e.Start)
	}
	return offset + shift
}
