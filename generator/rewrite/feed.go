package rewrite

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// feed is a text for the analysis that is put together from pieces of the
// author's and of ours.
type feed struct {
	text   strings.Builder
	pieces []piece
	macros []source.Edit // that put the author's macros back
	author string        // without the macros
}

// piece is where a piece begins, and the author's place of an offset in it.
type piece struct {
	start  int
	origin func(offset int) int
}

// writeFeed writes the statement with marks, given as edits, and a stand-in for
// each MERGE.
func (r *Result) writeFeed(marks []source.Edit) (*feed, error) {
	f := &feed{author: r.text.Text}
	for _, p := range r.text.Params {
		switch {
		case r.catalog.Dialect.Positional():
			marked := paramMarker(p.Number) + p.Macro + paramEnd
			f.macros = append(f.macros, source.Edit{Start: p.Start, End: p.End, New: marked})
		case p.Macro != f.author[p.Start:p.End]:
			f.macros = append(f.macros, source.Edit{Start: p.Start, End: p.End, New: p.Macro})
		}
	}
	for _, m := range r.text.Embeds {
		f.macros = append(f.macros, source.Edit{Start: m.Start, End: m.End, New: m.Macro})
	}
	at := 0
	for i, q := range r.inOrder() {
		m := q.Merge
		if err := f.edited(parse.Range{Start: at, End: m.Start}, slices.Concat(marks, f.macros)); err != nil {
			return nil, err
		}
		if err := r.standIn(f, i, q); err != nil {
			return nil, err
		}
		// A mark at the end of a MERGE is one of its own.
		at = m.End
		marks = slices.DeleteFunc(slices.Clone(marks), func(e source.Edit) bool { return e.End <= at })
	}
	return f, f.edited(parse.Range{Start: at, End: len(f.author)}, slices.Concat(marks, f.macros))
}

// paramMarker and paramEnd stand around each parameter whose placeholder in the
// database's own form has no number that the analysis could keep.
func paramMarker(number int) string { return fmt.Sprintf("%sp%d*/", MarkerPrefix, number) }

const paramEnd = MarkerPrefix + "e*/"

// inOrder are the MERGE statements in the order of the text.
func (r *Result) inOrder() []*parse.Query {
	out := append([]*parse.Query{}, r.plan.Merges...)
	sort.Slice(out, func(i, j int) bool { return out[i].Merge.Start < out[j].Merge.Start })
	return out
}

// ours writes text that stands for the author's at an offset.
func (f *feed) ours(at int, text string) {
	f.pieces = append(f.pieces, piece{f.text.Len(), func(int) int { return at }})
	f.text.WriteString(text)
}

// authors writes a part of the author's text, with its macros.
func (f *feed) authors(part parse.Range) error { return f.edited(part, f.macros) }

// edited writes a part of the author's text with the edits that lie in it.
func (f *feed) edited(part parse.Range, edits []source.Edit) error {
	text, m, err := cut(f.author, part, edits)
	if err != nil {
		return err
	}
	f.pieces = append(f.pieces, piece{f.text.Len(), func(offset int) int { return part.Start + m.ToOld(offset) }})
	f.text.WriteString(text)
	return nil
}

// cut applies the edits that lie in a part of a text to that part.
func cut(text string, part parse.Range, edits []source.Edit) (string, *source.Map, error) {
	var moved []source.Edit
	for _, e := range within(edits, part) {
		moved = append(moved, source.Edit{Start: e.Start - part.Start, End: e.End - part.Start, New: e.New})
	}
	return source.Apply(text[part.Start:part.End], moved)
}

func within(edits []source.Edit, part parse.Range) []source.Edit {
	var out []source.Edit
	for _, e := range edits {
		if e.Start >= part.Start && e.End <= part.End {
			out = append(out, e)
		}
	}
	return out
}

// origin is the author's place of an offset in the feed.
func (f *feed) origin(offset int) int {
	i := sort.Search(len(f.pieces), func(i int) bool { return f.pieces[i].start > offset })
	if i == 0 {
		return 0
	}
	p := f.pieces[i-1]
	return p.origin(offset - p.start)
}
