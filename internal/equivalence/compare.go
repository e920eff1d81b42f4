package equivalence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

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
	// Class is the class of the SQLSTATE with which both failed; empty without an
	// error.
	Class string
	// Rows is how many rows both returned or affected.
	Rows int
}

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
	out := Outcome{Class: want.class, Rows: max(len(want.rows), affected(want.tag))}
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

// run executes a statement in a transaction that is rolled back.
func (s *side) run(ctx context.Context, sql string, args [][]byte) (out *run, err error) {
	conn := s.conn.PgConn()
	if s.dirty {
		if result := conn.ExecPrepared(ctx, reset, nil, nil, nil).Read(); result.Err != nil {
			return nil, result.Err
		}
		s.dirty = false
	}
	results, err := conn.Exec(ctx, "BEGIN; SELECT pg_catalog.now(), localtimestamp, pg_catalog.setseed(0.5)"+s.become).ReadAll()
	if err != nil {
		return nil, err
	}
	defer func() {
		_, rollbackErr := conn.Exec(ctx, "ROLLBACK").ReadAll()
		err = errors.Join(err, rollbackErr)
	}()
	// What CURRENT_TIMESTAMP and its kin gave differs by nature.
	clock := results[1].Rows[0]
	freeze := strings.NewReplacer(string(clock[0]), "CURRENT_TIMESTAMP", string(clock[1]), "LOCALTIMESTAMP")

	out = &run{}
	reader := conn.ExecParams(ctx, sql, args, nil, nil, nil)
	for reader.NextRow() {
		out.rows = append(out.rows, freeze.Replace(rowText(reader.Values())))
	}
	for _, f := range reader.FieldDescriptions() {
		out.columns = append(out.columns, f.Name)
	}
	slices.Sort(out.rows)
	tag, err := reader.Close()
	out.tag, out.err = tag.String(), err
	if out.err == nil {
		results, out.err = conn.Exec(ctx, "RESET ROLE; SET CONSTRAINTS ALL IMMEDIATE; SELECT pg_catalog.pg_current_xact_id_if_assigned()").ReadAll()
	}
	if out.err != nil {
		s.dirty = true
		var failure *pgconn.PgError
		if !errors.As(out.err, &failure) {
			return nil, out.err
		}
		out.class = failure.Code[:2]
		return out, nil
	}
	if results[2].Rows[0][0] == nil { // no transaction id: nothing is written
		return out, nil
	}
	s.dirty = true
	if out.after, err = s.read(ctx); err != nil {
		return nil, err
	}
	for i := range out.after {
		out.after[i].line = freeze.Replace(out.after[i].line)
	}
	return out, nil
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
