package equivalence

import (
	"context"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// Pair is the shared database, and a tenant's slice of it. It is for one
// goroutine.
type Pair struct {
	shared, slice *side
	tenant        string
	catalog       *catalog.Catalog
	samples       []*sample
	// policies is set where slice is a shared database under policies.
	policies bool
}

// Outcome is what one comparison showed.
type Outcome struct {
	// Difference is nil when the statements are equivalent.
	Difference *Difference
	// Class is the class of the SQLSTATE with which both failed, or TimedOut; empty
	// without an error.
	Class string
	// Stopped is set where one of the statements at least was stopped.
	Stopped bool
	// Rows is how many rows both returned or affected.
	Rows int
}

// TimedOut is the class of the error of a statement that was stopped because it took too
// long.
const TimedOut = "timeout"

// run is what one side did.
type run struct {
	columns []string
	rows    []string // sorted
	tag     string
	class   string // of the SQLSTATE
	err     error
	after   state // nil when nothing was written
}

// Compare runs the statement on both sides with the same arguments and rolls
// back. args are for the author's parameters; those of the tenant are filled in.
// The error is for what has nothing to do with the statement.
func (p *Pair) Compare(ctx context.Context, st *Statement, args []Argument) (Outcome, error) {
	want, err := p.slice.run(ctx, st.Original, st.original(args, p.tenant))
	if err != nil {
		return Outcome{}, fmt.Errorf("%s on the slice: %w", st.Name, err)
	}
	got, err := p.shared.run(ctx, st.Scoped, st.ScopedArguments(args, p.tenant))
	if err != nil {
		return Outcome{}, fmt.Errorf("%s on the shared database: %w", st.Name, err)
	}
	out := Outcome{Class: want.class, Stopped: want.class == TimedOut || got.class == TimedOut, Rows: max(len(want.rows), affected(want.tag))}
	if kind, detail := p.compare(want, got); kind != "" {
		out.Difference = &Difference{Kind: kind, Statement: *st, Tenant: p.tenant, Args: args, Detail: detail,
			Orphans: want.after != nil && want.after.nobodys() > p.slice.before.nobodys()}
	}
	return out, nil
}

// compare returns what differs first: the worst comes first.
func (p *Pair) compare(want, got *run) (Kind, string) {
	before, after := p.shared.before, got.after
	if after != nil {
		if b, a := before.others(p.tenant), after.others(p.tenant); !equal(b, a) {
			return Foreign, diffLines(b, a)
		}
	}
	if want.class != got.class {
		return Failure, "- " + want.failure() + "\n+ " + got.failure() + "\n"
	}
	if want.class != "" {
		return "", ""
	}
	if !equal(want.columns, got.columns) {
		return Columns, "- " + strings.Join(want.columns, ", ") + "\n+ " + strings.Join(got.columns, ", ") + "\n"
	}
	if !equal(want.rows, got.rows) {
		return Rows, diffLines(want.rows, got.rows)
	}
	if want.tag != got.tag {
		return Tag, "- " + want.tag + "\n+ " + got.tag + "\n"
	}
	whole := state.all
	if p.policies {
		whole = func(s state) []string { return s.of(p.tenant) }
	}
	wantAll, gotOwn := whole(p.slice.before), before.of(p.tenant)
	if want.after != nil {
		wantAll = whole(want.after)
	}
	if after != nil {
		gotOwn = after.of(p.tenant)
	}
	if !equal(wantAll, gotOwn) {
		return State, diffLines(wantAll, gotOwn)
	}
	return "", ""
}

func (r *run) failure() string {
	if r.err == nil {
		return "no error, " + r.tag
	}
	return r.err.Error()
}

// rowText writes a row so that NULL and the empty text differ.
func rowText(row [][]byte) string {
	var b strings.Builder
	for i, v := range row {
		if i > 0 {
			b.WriteString(" | ")
		}
		if v == nil {
			b.WriteString("NULL")
		} else {
			b.WriteString(Argument(v).String())
		}
	}
	return b.String()
}

// affected is the number at the end of a command tag.
func affected(tag string) int {
	var n int
	_, _ = fmt.Sscan(tag[strings.LastIndexByte(tag, ' ')+1:], &n) // none is zero
	return n
}
