package generator

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

// TestPoliciesHoldWithoutPredicates takes every predicate out of the example's
// statements and runs them under the generated policies, as a plain role: the
// policies alone must give what the scoped statements give without them. INSERT
// is left out, since what it takes away there are guards that the policies turn
// into errors.
func TestPoliciesHoldWithoutPredicates(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "examples")
	honest := compileProject(t, dir, "", nil)
	data := filepath.Join(oracleData, "invoicing.sql")
	lab := honest.lab(t, data)

	admin := testpg.Database(t)
	owner, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(t.Context()) }()
	role, dsn := testpg.Role(t, admin)
	policies := strings.ReplaceAll(readText(t, filepath.Join(dir, "gen", "rls.up.sql")), "app_user", role)
	for _, sql := range []string{honest.schema, readText(t, data), policies} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	provider, err := postgres.NewRLS(pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.VerifyRole(t.Context()); err != nil {
		t.Fatal(err)
	}

	scoped := map[string]*equivalence.Statement{}
	for _, s := range honest.statements {
		if s.status() == StatusAccepted && s.query.Insert == nil {
			scoped[s.text.Name] = s.forOracle()
		}
	}
	tampered := tamperWith(t, dir, dropPredicates)
	compared := 0
	for _, tenant := range invoicingTenants[:2] {
		pair := lab.Pair(t, tenant)
		db := provider.For(runtime.Tenant{ID: tenant})
		for _, s := range spoilt(honest, tampered) {
			want, bare := scoped[s.text.Name], s.forOracleSpoilt()
			if want == nil {
				continue
			}
			lists, err := pair.Arguments(t.Context(), want, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, args := range lists {
				compared++
				got := under(t, db.Begin, bare, args, tenant)
				if diff := cmp.Diff(under(t, owner.Begin, want, args, tenant), got); diff != "" {
					t.Errorf("%s as %s with %v: -scoped, without policies +without predicates, under policies:\n%s", want.Name, tenant, args, diff)
				}
			}
		}
	}
	t.Logf("%d comparisons", compared)
}

// under runs a statement in a transaction that is rolled back, and returns its
// rows, sorted, and its command tag, or the class of its error.
func under(t *testing.T, begin func(context.Context) (pgx.Tx, error), st *equivalence.Statement, args []equivalence.Argument, tenant string) []string {
	t.Helper()
	tx, err := begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	result := tx.Conn().PgConn().ExecParams(t.Context(), st.Scoped, st.ScopedArguments(args, tenant), nil, nil, nil).Read()
	var failure *pgconn.PgError
	switch {
	case errors.As(result.Err, &failure):
		return []string{"error of class " + failure.Code[:2]}
	case result.Err != nil:
		t.Fatal(result.Err)
	}
	var rows []string
	for _, row := range result.Rows {
		rows = append(rows, fmt.Sprintf("%q", row))
	}
	slices.Sort(rows)
	return append(rows, result.CommandTag.String())
}
