package examples_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"

	"github.com/tenancygen/tenancygen/examples/stdlib/gen"
	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// stdConnectors are the drivers for database/sql.
var stdConnectors = map[string]func(url string) (driver.Connector, error){
	"lib/pq": func(url string) (driver.Connector, error) { return pq.NewConnector(url) },
	"pgx": func(url string) (driver.Connector, error) {
		config, err := pgx.ParseConfig(url)
		if err != nil {
			return nil, err
		}
		return stdlib.GetConnector(*config), nil
	},
}

// stdProvider is a provider on one connection.
func stdProvider(t *testing.T, connector driver.Connector, policies bool) sqldb.Provider {
	t.Helper()
	if policies {
		rls, err := sqlpostgres.NewRLS(connector)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = rls.Close() })
		rls.Pool().SetMaxOpenConns(1)
		return rls
	}
	pool := sql.OpenDB(connector)
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	filter, err := sqlpostgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	return filter
}

// TestEveryMethodOnDatabaseSQL calls the methods that are generated for
// database/sql, for both drivers, with policies and without.
func TestEveryMethodOnDatabaseSQL(t *testing.T) {
	t.Parallel()
	super, url := database(t)
	var first map[string]string
	for _, policies := range []bool{true, false} {
		if !policies {
			withoutPolicies(t, super, url)
		}
		for name, open := range stdConnectors {
			connector, err := open(url)
			if err != nil {
				t.Fatal(err)
			}
			provider := stdProvider(t, connector, policies)
			got := stdAnswers(t, gen.New(provider), provider)
			if first == nil {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Errorf("%s, policies %v: other answers than at first:\n%s", name, policies, diff)
			}
		}
	}
	rows := 0
	for _, answer := range first {
		if strings.Contains(answer, "alpha") || strings.Contains(answer, "beta") {
			rows++
		}
	}
	t.Logf("%d answers, %d of them with rows, from two drivers with policies and without", len(first), rows)
	if rows < 20 {
		t.Errorf("only %d answers have rows", rows)
	}
}

// stdAnswers calls every method as each company, with its own ids, the other's and
// ids that do not exist, and checks each answer.
func stdAnswers(t *testing.T, q *gen.Queries, provider sqldb.Provider) map[string]string {
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
			answer := func(ids company) string { return stdCall(t, q, own, ids, method, provider) }
			mine, foreign, missing := answer(own), answer(other), answer(nobody)
			for _, a := range []string{mine, foreign} {
				if strings.Contains(a, other.name) || strings.Contains(a, other.prefix) {
					t.Errorf("%s shows rows of %s: %s", label, other.name, a)
				}
			}
			if foreign != missing {
				t.Errorf("%s tells %s's ids from ones that do not exist:\n%s\n%s", label, other.name, foreign, missing)
			}
			out[label] = mine
		}
	}
	return out
}

// stdCall calls a method as a company with ids of another, in a transaction that is
// rolled back, and again alone when it reads.
func stdCall(t *testing.T, q *gen.Queries, as, ids company, method string, provider sqldb.Provider) string {
	t.Helper()
	var answer string
	err := q.ForTenant(as.tenant()).InTx(t.Context(), func(tx *gen.TenantQueries) error {
		answer = invoke(t.Context(), tx, method, ids)
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		t.Errorf("%s: InTx: %v", method, err)
	}
	if reads(method) {
		if alone := invoke(t.Context(), q.ForTenant(as.tenant()), method, ids); alone != answer {
			t.Errorf("%s answers otherwise outside a transaction:\n%s\n%s", method, alone, answer)
		}
	}
	var left string
	err = provider.Global().QueryRowContext(t.Context(), "SELECT coalesce(current_setting('app.current_tenant', true), '')").Scan(&left)
	if err != nil || left != "" {
		t.Errorf("after %s the connection holds the tenant %q, error %v", method, left, err)
	}
	if reads(method) || strings.HasPrefix(answer, "error") {
		return answer
	}
	return "written"
}

// The DDL does not depend on the driver.
func TestSamePoliciesForBothDrivers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rls.up.sql", "rls.down.sql"} {
		pgx, err := os.ReadFile("gen/" + name)
		if err != nil {
			t.Fatal(err)
		}
		std, err := os.ReadFile("stdlib/gen/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(pgx), string(std)); diff != "" {
			t.Errorf("%s (-pgx +database/sql):\n%s", name, diff)
		}
	}
}
