package diag

import (
	"cmp"
	"slices"
)

// HasErrors reports whether a diagnostic stops the generation.
func (r *Report) HasErrors() bool {
	return slices.ContainsFunc(r.diagnostics, (*Diagnostic).IsError)
}

// Sorted returns the diagnostics by file, offset, severity and code; those
// without a place come first. Of several that a reader could not tell apart,
// the first stays.
func (r *Report) Sorted() []*Diagnostic {
	sorted := slices.Clone(r.diagnostics)
	slices.SortStableFunc(sorted, compare)
	seen := make(map[identity]bool, len(sorted))
	return slices.DeleteFunc(sorted, func(d *Diagnostic) bool {
		id := identify(d)
		if seen[id] {
			return true
		}
		seen[id] = true
		return false
	})
}

// identity is what tells two diagnostics apart.
type identity struct {
	code       Code
	severity   Severity
	message    string
	path       string
	start, end int
}

func identify(d *Diagnostic) identity {
	return identity{d.Code, d.Severity, d.Message, pathOf(d), d.Span.Start, d.Span.End}
}

func compare(a, b *Diagnostic) int {
	return cmp.Or(
		cmp.Compare(pathOf(a), pathOf(b)),
		cmp.Compare(a.Span.Start, b.Span.Start),
		cmp.Compare(rank(a.Severity), rank(b.Severity)),
		cmp.Compare(a.Code, b.Code),
	)
}

func pathOf(d *Diagnostic) string {
	if d.Span.File == nil {
		return ""
	}
	return d.Span.File.Path
}

// rank puts the worse severity first.
func rank(s Severity) int {
	if s == Error {
		return 0
	}
	return 1
}
