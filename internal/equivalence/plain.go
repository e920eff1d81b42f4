package equivalence

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// firstGenerated is where generated keys begin, so that they do not tell how many
// rows there are.
const firstGenerated = 500000000

// session is a connection to a database without the means of PostgreSQL: it has one
// schema, types its parameters when they are bound, and copies no databases.
type session interface {
	// script executes statements that give no rows.
	script(ctx context.Context, sql string) error
	// query executes one statement. The error of the statement itself is a *failure.
	query(ctx context.Context, sql string, args []any) (*result, error)
	// check prepares a statement without executing it.
	check(ctx context.Context, sql string) error
	// number makes the keys of new rows begin where no row of the data is.
	number(ctx context.Context) error
	// begin and rollback are for transactions; begin also makes what differs from run
	// to run the same. settle looks for what only a commit would refuse.
	begin(ctx context.Context) error
	settle() error
	rollback(ctx context.Context) error
	// ownRows are statements that let rows without a tenant be the tenant's, and keep
	// shared rows as they are.
	ownRows(ctx context.Context, cat *catalog.Catalog, tenant string) (string, error)
}

// result is what a statement gave.
type result struct {
	columns []string
	rows    [][]cell
	tag     string // how many rows it affected, and which key it generated
}

// cell is a value: in the form in which it is an argument, nil for NULL, and in one in
// which values differ that the database tells apart, such as 1 and '1'.
type cell struct {
	value   Argument
	printed string
}

// failure is a statement's error.
type failure struct {
	class string
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// plainTemplate loads its schema and rows into a new database for every copy.
type plainTemplate struct {
	project  *Project
	spelling *spelling
	connect  func(t testing.TB) session
	// constraints switches foreign keys on or off.
	constraints map[bool]string
}

func (l *plainTemplate) clone(t testing.TB) database {
	t.Helper()
	d, err := l.open(t)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (l *plainTemplate) last(t testing.TB) database { t.Helper(); return l.clone(t) }

func (l *plainTemplate) open(t testing.TB) (*plainDatabase, error) {
	t.Helper()
	d := &plainDatabase{session: l.connect(t), template: l}
	for _, step := range []struct{ what, sql string }{{"schema", l.project.Schema}, {"data", l.project.Data}} {
		if step.sql == "" {
			continue // an error to MySQL
		}
		if err := d.script(t.Context(), step.sql); err != nil {
			return nil, fmt.Errorf("equivalence: load the %s: %w", step.what, err)
		}
	}
	if len(l.project.Tenants) > 0 {
		if err := d.populate(t.Context(), l.project.Catalog, l.project.Tenants); err != nil {
			return nil, fmt.Errorf("equivalence: make up rows: %w", err)
		}
	}
	return d, d.number(t.Context())
}

// plainDatabase is a database of such a system.
type plainDatabase struct {
	session
	template *plainTemplate
	tables   []plainTable
}

// plainTable is how a table is read.
type plainTable struct {
	name   string
	global bool
	sql    string // gives the tenant, whether the row is shared, and its columns
}

func (d *plainDatabase) prune(ctx context.Context, cat *catalog.Catalog, tenant string) error {
	w := d.template.spelling
	var sql strings.Builder
	sql.WriteString(d.template.constraints[false] + ";\n")
	// Children first: their tenant is found through their parents.
	for depth := deepest(cat); depth >= 0; depth-- {
		for _, t := range cat.Tables {
			if owner := w.ownerOf(t, cat, "x"); t.View == nil && owner != "" && len(t.Tenancy.Path) == depth {
				sql.WriteString(fmt.Sprintf(w.delete, w.table(t)) + " WHERE (" + owner + " = " + literal(tenant) + ") IS NOT TRUE" +
					" AND NOT " + w.sharedRow(t, cat, "x") + ";\n")
			}
		}
	}
	sql.WriteString(d.template.constraints[true])
	if err := d.script(ctx, sql.String()); err != nil {
		return err
	}
	more, err := d.ownRows(ctx, cat, tenant)
	if err != nil {
		return err
	}
	return d.script(ctx, more)
}

func (d *plainDatabase) prepare(_ context.Context, cat *catalog.Catalog) error {
	w := d.template.spelling
	for _, t := range cat.Tables {
		if t.View != nil {
			continue
		}
		owner := w.ownerOf(t, cat, "x")
		isGlobal := owner == ""
		if isGlobal {
			owner = "NULL"
		}
		d.tables = append(d.tables, plainTable{name: t.Name, global: isGlobal,
			sql: "SELECT " + owner + ", " + w.sharedRow(t, cat, "x") + ", x.* FROM " + w.table(t) + " AS x"})
	}
	return nil
}

func (d *plainDatabase) read(ctx context.Context) (state, error) {
	var out state
	for _, t := range d.tables {
		r, err := d.query(ctx, t.sql, nil)
		if err != nil {
			return nil, err
		}
		for _, row := range r.rows {
			shared := string(row[1].value)
			out = append(out, stateRow{owner: string(row[0].value), global: t.global, shared: shared != "" && shared != "0",
				line: t.name + " (" + printed(row[2:]) + ")"})
		}
	}
	return out, nil
}

func printed(row []cell) string {
	var parts []string
	for _, c := range row {
		parts = append(parts, c.printed)
	}
	return strings.Join(parts, " | ")
}

// writes matches what a statement that may write has to contain.
var writes = regexp.MustCompile(`(?i)\b(insert|update|delete|replace)\b`)

// returning matches a clause with which a statement that writes gives rows.
var returning = regexp.MustCompile(`(?i)\breturning\b`)

// ofItsOwn matches a column's name that is not the text of its expression, which is
// another one in a scoped statement.
var ofItsOwn = regexp.MustCompile(`^\w+$`)

func (d *plainDatabase) run(ctx context.Context, sql string, args [][]byte) (out *run, err error) {
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.rollback(ctx)) }()
	text, numbers := positional(sql)
	r, err := d.query(ctx, text, bound(args, numbers))
	if err == nil {
		err = d.settle()
	}
	if err != nil {
		var f *failure
		if !errors.As(err, &f) {
			return nil, err
		}
		return &run{class: f.class, err: f.err}, nil
	}
	out = &run{tag: r.tag}
	for _, row := range r.rows {
		out.rows = append(out.rows, printed(row))
	}
	slices.Sort(out.rows)
	for _, name := range r.columns {
		if !ofItsOwn.MatchString(name) {
			name = "?"
		}
		out.columns = append(out.columns, name)
	}
	if writes.MatchString(sql) {
		if out.after, err = d.read(ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *plainDatabase) sample(ctx context.Context, cat *catalog.Catalog) ([]*sample, error) {
	w := d.template.spelling
	var out []*sample
	for _, t := range cat.Tables {
		owner := w.ownerOf(t, cat, "x")
		if owner == "" {
			owner = "NULL"
		}
		r, err := d.query(ctx, "SELECT "+owner+", x.* FROM "+w.table(t)+" AS x", nil)
		if err != nil {
			return nil, err
		}
		one := &sample{table: t}
		for _, name := range r.columns[1:] {
			one.columns = append(one.columns, strings.ToLower(name))
			one.types = append(one.types, typeOfColumn(t, name).oid)
		}
		slices.SortFunc(r.rows, func(a, b []cell) int { return strings.Compare(printed(a), printed(b)) })
		for _, row := range r.rows {
			s := sampleRow{owner: string(row[0].value)}
			for _, c := range row[1:] {
				s.values = append(s.values, c.value)
			}
			one.rows = append(one.rows, s)
		}
		out = append(out, one)
	}
	return out, nil
}

// types are those of the columns that parameters are about, by their names.
func (d *plainDatabase) types(ctx context.Context, st *Statement) ([]*paramType, error) {
	scoped, _ := positional(st.Scoped)
	if err := d.check(ctx, scoped); err != nil {
		original, _ := positional(st.Original)
		if d.check(ctx, original) == nil {
			err = fmt.Errorf("%w: %w", ErrScopedAlone, err)
		}
		return nil, err
	}
	var out []*paramType
	for _, p := range st.Params {
		out = append(out, typeOfParam(p.Name, st.Tables))
	}
	return out, nil
}

func typeOfParam(name string, tables []*catalog.Table) *paramType {
	for _, match := range []func(string) bool{
		func(column string) bool { return name == column },
		func(column string) bool { return endsIn(name, column) },
	} {
		for _, t := range tables {
			for _, c := range t.Columns {
				if match(c.Name) {
					return typeOfColumn(t, c.Name)
				}
			}
		}
	}
	if slices.Contains([]string{"limit", "offset", "n", "count"}, name) {
		return familyOf("integer")
	}
	return familyOf("text")
}

func typeOfColumn(t *catalog.Table, name string) *paramType {
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return familyOf(c.Type)
		}
	}
	return familyOf("")
}

// families are types by words that their names hold; the first one fits.
var families = []struct {
	words    string
	name     string
	category byte
}{
	{"date time year", "date", 'D'},
	{"int serial bool", "int8", 'N'},
	{"numeric decimal real double float", "numeric", 'N'},
	{"json", "json", 'U'},
	{"blob binary", "text", 'S'},
	{"", "text", 'S'},
}

func familyOf(sqlType string) *paramType {
	for _, f := range families {
		for word := range strings.SplitSeq(f.words, " ") {
			if strings.Contains(strings.ToLower(sqlType), word) {
				return &paramType{oid: uint32(f.category), name: f.name, category: f.category}
			}
		}
	}
	return nil // the last one fits all
}

// tenantTables are the tables that name their tenant.
func tenantTables(cat *catalog.Catalog) []*catalog.Table {
	return slices.DeleteFunc(slices.Clone(cat.Tables), func(t *catalog.Table) bool {
		return t.View != nil || t.Tenancy.Class != ir.ClassTenant
	})
}
