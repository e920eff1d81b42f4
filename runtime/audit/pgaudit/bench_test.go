package pgaudit_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
)

// BenchmarkWrite is what an entry costs: of one writer, of eight writers of one tenant,
// who wait for each other, and of eight with a tenant each. The row without a chain is an
// INSERT of the same columns and nothing else.
func BenchmarkWrite(b *testing.B) {
	s := setup(b)
	run(b, s.owner, "CREATE TABLE public.plain AS TABLE tenancy.audit")
	w := writer(b, wide(b, s.owner), pgaudit.Options{Keys: keyringtest.Ring(b, "a")})
	var tenants atomic.Int64
	b.Run("one", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if _, err := w.Write(b.Context(), entry("acme", n%60)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("eight of one tenant", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := w.Write(b.Context(), entry("acme", 1)); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("eight of eight tenants", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			tenant := fmt.Sprintf("t%d", tenants.Add(1))
			for pb.Next() {
				if _, err := w.Write(b.Context(), entry(tenant, 1)); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("without a chain", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.owner.Exec(b.Context(), "INSERT INTO public.plain VALUES ($1, 1, now(), '', $2, $3, '', '{}', '', '', '', $4, $4)",
				"acme", "invoice.delete", "invoice", make([]byte, 32)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkVerify is what an entry costs when it is verified.
func BenchmarkVerify(b *testing.B) {
	s := setup(b)
	w := writer(b, s.app, pgaudit.Options{Keys: keyringtest.Ring(b, "a")})
	const n = 2000
	fill(b, w, "acme", n)
	for b.Loop() {
		if _, err := w.Verify(b.Context(), "acme"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}

// wide returns a pool of the same database with eight connections.
func wide(b *testing.B, p *pgxpool.Pool) *pgxpool.Pool {
	b.Helper()
	config := p.Config()
	config.MaxConns = 8
	out, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(out.Close)
	return out
}
