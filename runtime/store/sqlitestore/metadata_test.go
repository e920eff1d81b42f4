package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
)

// value draws the text of a JSON value, as somebody may write it, up to a depth.
func value(depth int) *rapid.Generator[string] {
	flat := []*rapid.Generator[string]{
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?`),
		rapid.Map(rapid.String(), quoted),
		rapid.StringMatching(`"(\\u00[0-9a-f][1-9a-f]|\\["\\/bfnrt]|\\ud83d\\ude[0-4][0-9a-f]|[ !#-\[\]-~])*"`),
		rapid.SampledFrom([]string{"true", "false", "null", "{}", "[]", `{"a":1,"a":2}`}),
	}
	if depth == 0 {
		return rapid.OneOf(flat...)
	}
	inner := rapid.SliceOfN(value(depth-1), 1, 3)
	return rapid.OneOf(append(flat,
		rapid.Map(inner, func(v []string) string { return "[" + strings.Join(v, " , ") + "]" }),
		rapid.Map(inner, func(v []string) string { return `{"k\u0041" : ` + strings.Join(v, `, "k" : `) + "}" }),
	)...)
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestMetadataOfAnyForm stores and merges whatever is metadata, and reads it again: the
// check of the table refuses nothing of it.
func TestMetadataOfAnyForm(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	made := create(t, s, "acme")
	rapid.Check(t, func(t *rapid.T) {
		text := fmt.Sprintf(`{%s:%s,"b":%s}`, quoted(rapid.String().Draw(t, "key")), value(3).Draw(t, "a"), value(3).Draw(t, "b"))
		patch, err := runtime.ParseMetadata([]byte(text))
		if err != nil {
			t.Skip("no metadata") // such as with U+0000
		}
		before, err := s.Get(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := s.MergeMetadata(t.Context(), made.ID, patch)
		if want := before.Metadata.Merge(patch); err != nil || merged.Metadata != want {
			t.Fatalf("got %s, want %s: %v", merged.Metadata.JSON(), want.JSON(), err)
		}
		if got, err := s.Get(t.Context(), made.ID); err != nil || got != merged {
			t.Fatalf("read %s, want %s: %v", got.Metadata.JSON(), merged.Metadata.JSON(), err)
		}
		// Back to little, or each step would be longer than the one before.
		merged.Metadata = runtime.Metadata{}
		if _, err := s.Update(t.Context(), merged); err != nil {
			t.Fatal(err)
		}
	})
}

// TestDeepMetadata holds that metadata that SQLite cannot read is refused, and changes
// nothing.
func TestDeepMetadata(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	made := create(t, s, "acme")
	for depth, ok := range map[int]bool{900: true, 1100: false} {
		before, err := s.Get(t.Context(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		patch := metadata(t, `{"deep":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+"}")
		want, err := s.MergeMetadata(t.Context(), made.ID, patch)
		if (err == nil) != ok {
			t.Errorf("%d deep: %v", depth, err)
		}
		if err != nil {
			want = before
		}
		if got, err := s.Get(t.Context(), made.ID); err != nil || got != want {
			t.Errorf("%d deep: something else is stored: %v", depth, err)
		}
	}
}
