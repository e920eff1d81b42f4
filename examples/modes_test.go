// Package examples_test runs the generated package of the example on a real
// server: every method, for two tenants, under every query exec mode of pgx, on
// a pool of one connection.
package examples_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// company is a tenant of the tests. All of its ids begin alike, and every text in
// its rows holds its name, so that an answer shows whose rows it was made from.
type company struct {
	name   string
	prefix string
}

var (
	alpha = company{"alpha", "aaaaaaaa-0000-4000-8000-00000000000"}
	beta  = company{"beta", "bbbbbbbb-0000-4000-8000-00000000000"}
	// nobody has no rows; its ids are those that do not exist.
	nobody = company{"nobody", "cccccccc-0000-4000-8000-00000000000"}
)

func (c company) tenant() runtime.Tenant { return runtime.Tenant{ID: c.prefix + "1"} }

const seedSQL = `
INSERT INTO plans (code, name, monthly_cents) VALUES ('pro', 'Pro', 1900) ON CONFLICT DO NOTHING;
INSERT INTO tenants (id, slug, name, plan_code) VALUES ('{p}1', '{n}', '{n}', 'pro');
INSERT INTO users (id, tenant_id, email, name) VALUES ('{p}5', '{p}1', 'boss@{n}.example', 'boss of {n}');
INSERT INTO customers (id, tenant_id, name, email) VALUES ('{p}2', '{p}1', 'customer of {n}', 'pay@{n}.example');
INSERT INTO invoices (id, tenant_id, customer_id, number, status, due_on, note, total_cents)
  VALUES ('{p}3', '{p}1', '{p}2', '{n}-1', 'draft', '2020-01-01', 'note of {n}', 500),
         ('{p}6', '{p}1', '{p}2', '{n}-2', 'sent', '2020-01-02', 'note of {n}', 700),
         ('{p}7', '{p}1', '{p}2', '{n}-3', 'paid', '2020-01-03', 'note of {n}', 900);
UPDATE invoices SET paid_at = '2020-02-01' WHERE status = 'paid';
INSERT INTO invoice_lines (id, invoice_id, line_no, description, quantity, unit_cents) VALUES ('{p}4', '{p}3', 1, 'work of {n}', 1, 500);
INSERT INTO audit_log (org_id, actor_id, action, subject) VALUES ('{p}1', '{p}5', 'made by {n}', 'everything');`

// database is a database with two companies, and the URL of the application's
// role.
func database(t *testing.T) (super *pgx.Conn, url string) {
	t.Helper()
	superURL := testpg.Database(t)
	super, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = super.Close(context.WithoutCancel(t.Context())) })
	var script strings.Builder
	for _, path := range []string{"schema.sql", "gen/rls.up.sql"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script.Write(text)
	}
	for _, c := range []company{alpha, beta} {
		script.WriteString(strings.NewReplacer("{p}", c.prefix, "{n}", c.name).Replace(seedSQL))
	}
	role, url := testpg.Role(t, superURL)
	script.WriteString("GRANT app_user TO " + role)
	if _, err := super.Exec(t.Context(), script.String()); err != nil {
		t.Fatal(err)
	}
	return super, url
}

// onePool is a pool of one connection in a query exec mode.
func onePool(t *testing.T, url string, mode pgx.QueryExecMode) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.DefaultQueryExecMode = mode
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

var providers = map[string]func(*pgxpool.Pool) (pgxdb.Provider, error){
	"rls":        func(p *pgxpool.Pool) (pgxdb.Provider, error) { return postgres.NewRLS(p) },
	"row filter": func(p *pgxpool.Pool) (pgxdb.Provider, error) { return postgres.NewRowFilter(p) },
}

func TestEveryMethodInEveryMode(t *testing.T) {
	t.Parallel()
	super, url := database(t)
	for _, name := range []string{"rls", "row filter"} {
		if name == "row filter" {
			withoutPolicies(t, super, url)
		}
		var first map[string]string // the answers in the first mode
		for _, mode := range modes {
			pool := onePool(t, url, mode)
			provider, err := providers[name](pool)
			if err != nil {
				t.Fatal(err)
			}
			got := answers(t, gen.New(provider), pool, name+", "+mode.String())
			if first == nil {
				first = got
			}
			bytesAsBytea(t, first, got, mode)
			if diff := cmp.Diff(first, got); diff != "" {
				t.Errorf("%s, %s: other answers than in %s:\n%s", name, mode, modes[0], diff)
			}
		}
		t.Logf("%s: %d answers in each of %d modes", name, len(first), len(modes))
	}
}

// withoutPolicies takes the policies away, so that the predicates stand alone.
func withoutPolicies(t *testing.T, super *pgx.Conn, url string) {
	t.Helper()
	down, err := os.ReadFile("gen/rls.down.sql")
	if err != nil {
		t.Fatal(err)
	}
	role := strings.SplitN(strings.TrimPrefix(url, "postgres://"), ":", 2)[0]
	if at := strings.IndexByte(role, '@'); at >= 0 {
		role = role[:at]
	}
	if _, err := super.Exec(t.Context(), string(down)+"; GRANT ALL ON ALL TABLES IN SCHEMA public TO "+role+"; GRANT USAGE ON SCHEMA public TO "+role); err != nil {
		t.Fatal(err)
	}
}

// bytesAsBytea takes the one known difference between modes out of the answers:
// where pgx does not ask the server for a parameter's type, it sends []byte as
// bytea, and jsonb refuses that. It is the same without tenancygen.
func bytesAsBytea(t *testing.T, first, got map[string]string, mode pgx.QueryExecMode) {
	t.Helper()
	if mode != pgx.QueryExecModeExec && mode != pgx.QueryExecModeSimpleProtocol {
		return
	}
	for _, c := range []company{alpha, beta} {
		label := c.name + ".RecordEvent"
		if got[label] != "error 22" {
			t.Errorf("%s in mode %s: %s, want error 22", label, mode, got[label])
		}
		got[label] = first[label]
	}
}

// answers calls every method as each company, with its own ids, the other's and
// ids that do not exist, and checks each answer.
func answers(t *testing.T, q *gen.Queries, pool *pgxpool.Pool, where string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, own := range []company{alpha, beta} {
		other := map[string]company{"alpha": beta, "beta": alpha}[own.name]
		typ := reflect.TypeFor[*gen.TenantQueries]()
		for i := range typ.NumMethod() {
			method := typ.Method(i).Name
			if method == "InTx" {
				continue
			}
			label := own.name + "." + method
			out[label] = call(t, q, own, own, method, pool)
			foreign, missing := call(t, q, own, other, method, pool), call(t, q, own, nobody, method, pool)
			for _, answer := range []string{out[label], foreign} {
				if strings.Contains(answer, other.name) || strings.Contains(answer, other.prefix) {
					t.Errorf("%s: %s shows rows of %s: %s", where, label, other.name, answer)
				}
			}
			if foreign != missing {
				t.Errorf("%s: %s tells %s's ids from ones that do not exist:\n%s\n%s", where, label, other.name, foreign, missing)
			}
		}
	}
	return out
}

var errRollback = errors.New("roll back")

// call calls a method as a company with ids of another, in a transaction that is
// rolled back, and again alone when it reads. It returns the answer, or the class
// of the error.
func call(t *testing.T, q *gen.Queries, as, ids company, method string, pool *pgxpool.Pool) string {
	t.Helper()
	var answer string
	err := q.ForTenant(as.tenant()).InTx(t.Context(), func(tx *gen.TenantQueries) error {
		answer = invoke(t.Context(), tx, method, ids)
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		t.Errorf("%s: InTx: %v", method, err)
	}
	noSetting(t, pool, method)
	if reads(method) {
		if alone := invoke(t.Context(), q.ForTenant(as.tenant()), method, ids); alone != answer {
			t.Errorf("%s answers otherwise outside a transaction:\n%s\n%s", method, alone, answer)
		}
		noSetting(t, pool, method)
		return answer
	}
	if strings.HasPrefix(answer, "error") {
		return answer
	}
	return "written"
}

func reads(method string) bool {
	return slices.ContainsFunc([]string{"Get", "List", "Count", "Search"}, func(p string) bool { return strings.HasPrefix(method, p) })
}

// noSetting checks that the pool's one connection carries no tenant.
func noSetting(t *testing.T, pool *pgxpool.Pool, after string) {
	t.Helper()
	var left string
	if err := pool.QueryRow(t.Context(), "SELECT coalesce(current_setting('app.current_tenant', true), '')").Scan(&left); err != nil || left != "" {
		t.Errorf("after %s the connection holds the tenant %q, error %v", after, left, err)
	}
}

// invoke calls a method and describes what it returns.
func invoke(ctx context.Context, q any, method string, ids company) string {
	f := reflect.ValueOf(q).MethodByName(method)
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < f.Type().NumIn(); i++ {
		in = append(in, argument(f.Type().In(i), method, ids))
	}
	out := f.Call(in)
	if err, _ := out[len(out)-1].Interface().(error); err != nil {
		return "error " + class(err)
	}
	if len(out) == 1 {
		return "done"
	}
	text, err := json.Marshal(out[0].Interface())
	if err != nil {
		return "error " + err.Error()
	}
	return string(text)
}

// class is an error's SQLSTATE class, or its text.
func class(err error) string {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState()[:2]
	}
	return err.Error()
}

// argument makes a value for a parameter, a field or the whole of a params
// struct. An id is of the kind that its name speaks of.
func argument(t reflect.Type, name string, ids company) reflect.Value {
	v := reflect.New(t).Elem()
	set := func(v reflect.Value, text string) {
		if err := v.Addr().Interface().(sql.Scanner).Scan(text); err != nil {
			panic(fmt.Sprint("a value of the tests is none: ", err))
		}
	}
	switch t {
	case reflect.TypeFor[pgtype.UUID](), reflect.TypeFor[uuid.UUID]():
		set(v, id(name, ids))
		return v
	case reflect.TypeFor[[]pgtype.UUID](), reflect.TypeFor[[]uuid.UUID]():
		v.Set(reflect.MakeSlice(t, 1, 1))
		set(v.Index(0), id(name, ids))
		return v
	case reflect.TypeFor[pgtype.Timestamptz]():
		set(v, "2020-01-02 00:00:00Z")
		return v
	case reflect.TypeFor[pgtype.Date]():
		set(v, "2020-01-02")
		return v
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)))
		return v
	case reflect.TypeFor[sql.NullTime]():
		v.Set(reflect.ValueOf(sql.NullTime{Time: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Valid: true}))
		return v
	case reflect.TypeFor[[]byte](), reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte("{}"))
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString("new")
		if t.Name() == "InvoiceStatus" {
			v.SetString("sent")
		}
	case reflect.Int32, reflect.Int64:
		v.SetInt(50)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 0, 0))
	case reflect.Struct:
		if strings.HasSuffix(t.Name(), "Params") {
			for i := range t.NumField() {
				field := t.Field(i).Name
				if strings.HasPrefix(field, "After") {
					continue // from the first page on
				}
				if field == "ID" || field == "IDs" {
					field = method(t.Name())
				}
				v.Field(i).Set(argument(t.Field(i).Type, field, ids))
			}
		}
	}
	return v // a nullable type stays NULL
}

func method(params string) string { return strings.TrimSuffix(params, "Params") }

// id is an id of a company: which one, the name says.
func id(name string, ids company) string {
	n := "3"
	switch {
	case strings.Contains(name, "Line") && !strings.Contains(name, "Lines") && !strings.Contains(name, "Add"):
		n = "4"
	case strings.Contains(name, "Customer") && !strings.Contains(name, "WithCustomer"):
		n = "2"
	case strings.Contains(name, "User") || strings.Contains(name, "Actor"):
		n = "5"
	}
	return ids.prefix + n
}
