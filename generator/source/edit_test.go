package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/source"
)

func TestApply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		edits []source.Edit
		want  string
	}{
		{"none", nil, "SELECT a"},
		{"insert at both ends", []source.Edit{{0, 0, "("}, {8, 8, ")"}}, "(SELECT a)"},
		{"replace", []source.Edit{{7, 8, "bcd"}}, "SELECT bcd"},
		{"delete", []source.Edit{{6, 8, ""}}, "SELECT"},
		{"any order", []source.Edit{{7, 8, "b"}, {0, 6, "WITH"}}, "WITH b"},
		{"insertions at one place keep their order", []source.Edit{{7, 7, "x"}, {7, 7, "y"}}, "SELECT xya"},
		{"insertion before a replacement", []source.Edit{{7, 8, "b"}, {7, 7, "x."}}, "SELECT x.b"},
		{"neighbours", []source.Edit{{0, 6, "A"}, {6, 7, "B"}}, "ABa"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := source.Apply("SELECT a", tt.edits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string][]source.Edit{
		"overlap":            {{0, 4, "x"}, {3, 5, "y"}},
		"the same twice":     {{0, 4, "x"}, {0, 4, "x"}},
		"inside another":     {{0, 8, "x"}, {2, 3, "y"}},
		"insertion inside":   {{0, 4, "x"}, {2, 2, "y"}},
		"before the start":   {{-1, 2, "x"}},
		"behind the end":     {{7, 9, "x"}},
		"end before start":   {{5, 3, "x"}},
		"insertion far away": {{99, 99, "x"}},
	}
	for name, edits := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _, err := source.Apply("SELECT a", edits); err == nil {
				t.Errorf("Apply made %q of %v", got, edits)
			}
		})
	}
}

// drawEdits draws edits that do not overlap, in any order.
func drawEdits(t *rapid.T, text string) []source.Edit {
	var edits []source.Edit
	at := 0
	for n := rapid.IntRange(0, 6).Draw(t, "edits"); n > 0; n-- {
		start := rapid.IntRange(at, len(text)).Draw(t, "start")
		end := rapid.IntRange(start, min(start+5, len(text))).Draw(t, "end")
		edits = append(edits, source.Edit{Start: start, End: end, New: rapid.StringN(0, 5, 8).Draw(t, "new")})
		if at = end; end == start {
			at = end + 1 // two insertions at one place have a test of their own
		}
		if at > len(text) {
			break
		}
	}
	return rapid.Permutation(edits).Draw(t, "order")
}

// Every byte that no edit touches is found again in the new text, by the map,
// and the map leads back from there.
func TestMapProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, 60).Draw(t, "text")
		edits := drawEdits(t, text)
		out, m, err := source.Apply(text, edits)
		if err != nil {
			t.Fatal(err)
		}
		length := len(text)
		replaced := make([]bool, len(text))
		for _, e := range edits {
			length += len(e.New) - (e.End - e.Start)
			for i := e.Start; i < e.End; i++ {
				replaced[i] = true
			}
		}
		if len(out) != length {
			t.Fatalf("%d bytes, want %d", len(out), length)
		}
		for i := range text {
			if replaced[i] {
				continue
			}
			to := m.ToNew(i)
			if to >= len(out) || out[to] != text[i] {
				t.Fatalf("byte %d of %q is not at %d of %q", i, text, to, out)
			}
			if back := m.ToOld(to); back != i {
				t.Fatalf("ToOld(ToNew(%d)) = %d", i, back)
			}
		}
	})
}

// The maps keep the order of places and stay inside the texts, also in edits.
func TestMapIsMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, 60).Draw(t, "text")
		out, m, err := source.Apply(text, drawEdits(t, text))
		if err != nil {
			t.Fatal(err)
		}
		checkMonotonic(t, m.ToNew, len(text), len(out))
		checkMonotonic(t, m.ToOld, len(out), len(text))
	})
}

func checkMonotonic(t *rapid.T, f func(int) int, from, to int) {
	last := 0
	for i := 0; i <= from; i++ {
		got := f(i)
		if got < last || got > to {
			t.Fatalf("%d maps to %d, after %d, in a text of %d bytes", i, got, last, to)
		}
		last = got
	}
	if last != to {
		t.Fatalf("the end maps to %d of %d", last, to)
	}
}

func TestPositionProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab\n\r\té漢")), 0, 30, -1).Draw(t, "text")
		f := source.NewFile("f.sql", text)
		for i := 0; i <= len(text); i++ {
			p := f.Position(i)
			if back := f.Offset(p.Line, p.Column); back != i {
				t.Fatalf("offset %d is %d:%d, which is offset %d", i, p.Line, p.Column, back)
			}
			if line := 1 + strings.Count(text[:i], "\n"); p.Line != line {
				t.Fatalf("offset %d is in line %d, not %d", i, line, p.Line)
			}
			if line := f.Line(p.Line); strings.ContainsAny(line, "\n") || !strings.Contains(text, line) {
				t.Fatalf("line %d is %q", p.Line, line)
			}
		}
	})
}

func TestPositionOutside(t *testing.T) {
	t.Parallel()
	f := source.NewFile("f.sql", "ab\ncd")
	if got, want := f.Position(-5), (source.Position{Path: "f.sql", Line: 1, Column: 1}); got != want {
		t.Errorf("before the text: %v, want %v", got, want)
	}
	if got, want := f.Position(99), (source.Position{Path: "f.sql", Line: 2, Column: 3}); got != want {
		t.Errorf("behind the text: %v, want %v", got, want)
	}
	if got := f.Offset(99, 99); got != 5 {
		t.Errorf("Offset behind the text = %d, want 5", got)
	}
	if got := f.Offset(-1, 1); got != 0 {
		t.Errorf("Offset before the text = %d, want 0", got)
	}
	if got := f.Line(3); got != "" {
		t.Errorf("a line that does not exist is %q", got)
	}
	zero := source.Span{}
	if !zero.IsZero() || zero.Text() != "" || zero.Position() != (source.Position{}) {
		t.Error("the zero Span has a place")
	}
	if got := f.Span(3, 5).Text(); got != "cd" {
		t.Errorf("Span.Text = %q", got)
	}
}
