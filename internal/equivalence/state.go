package equivalence

import (
	"slices"
	"strings"
)

// state is what the tables of a database hold.
type state []stateRow

type stateRow struct {
	owner  string // the tenant; empty for nobody's
	global bool
	shared bool   // everybody's to read, and nobody's to write
	line   string // table and row
}

// of are the rows that a tenant's slice holds, sorted.
func (s state) of(tenant string) []string {
	return s.lines(func(r stateRow) bool { return r.global || r.shared || r.owner == tenant })
}

// others are the rows of all other tenants, and nobody's, shared ones included: no
// statement of the tenant may change them.
func (s state) others(tenant string) []string {
	return s.lines(func(r stateRow) bool { return !r.global && r.owner != tenant })
}

// nobodys is how many rows belong neither to a tenant nor to all of them.
func (s state) nobodys() int {
	return len(s.lines(func(r stateRow) bool { return !r.global && !r.shared && r.owner == "" }))
}

func (s state) all() []string { return s.lines(func(stateRow) bool { return true }) }

func (s state) lines(keep func(stateRow) bool) []string {
	out := []string{}
	for _, r := range s {
		if keep(r) {
			out = append(out, r.line)
		}
	}
	slices.Sort(out)
	return out
}

func equal(a, b []string) bool { return slices.Equal(a, b) }

// diffLines compares two sorted lists as multisets: - is only in want, + only in
// got.
func diffLines(want, got []string) string {
	var b strings.Builder
	shown := 0
	show := func(mark, line string) {
		if shown++; shown <= 20 {
			b.WriteString(mark + " " + line + "\n")
		}
	}
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0] < got[0]:
			show("-", want[0])
			want = want[1:]
		case len(want) == 0 || got[0] < want[0]:
			show("+", got[0])
			got = got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
	if shown > 20 {
		b.WriteString("…\n")
	}
	return b.String()
}
