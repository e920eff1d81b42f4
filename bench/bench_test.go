package main

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/measure"
	"github.com/tenancygen/tenancygen/bench/proxy"
	"github.com/tenancygen/tenancygen/bench/workload"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

func TestMain(m *testing.M) {
	proxy.Main()
	os.Exit(m.Run())
}

// open opens a lab of two tenants without a delay.
func open(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Open(t.Context(), lab.Config{Dir: ".", Tenants: 2})
	if err != nil {
		if testpg.Required() {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestExact holds what does not depend on the machine: round trips and allocations.
// That the proxy counts is seen by those that take more.
func TestExact(t *testing.T) {
	l := open(t)
	keys := workload.Keys(64, 1) // of the tenant whom all clients are for
	trips := map[string]map[string]float64{}
	allocations := map[string]map[string]float64{}
	for _, s := range strategies() {
		if s.prepare != nil {
			if _, err := s.prepare(t.Context(), l, 2); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		trips[s.name], allocations[s.name] = map[string]float64{}, map[string]float64{}
		client, end, err := s.open(t.Context(), l, lab.Delayed)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for _, k := range kinds() {
			o := op(k, client, keys)
			if o == nil {
				continue
			}
			if err := warm(t.Context(), 0, 20, o); err != nil {
				t.Fatalf("%s, %s: %v", s.name, k.name, err)
			}
			if trips[s.name][k.name], err = measure.RoundTrips(t.Context(), 20, l.Turns, o); err != nil {
				t.Fatal(err)
			}
			if allocations[s.name][k.name], err = measure.Allocations(t.Context(), 200, o); err != nil {
				t.Fatal(err)
			}
		}
		end()
	}

	for name, want := range map[string]map[string]float64{
		raw:  {"point": 1, "list": 1, "insert": 1, "tx5": 7, "tx10": 12},
		sqlc: {"point": 1, "list": 1, "insert": 1, "tx5": 7, "tx10": 12},
		row:  {"point": 1, "list": 1, "insert": 1, "tx5": 7, "tx10": 12},
		// BEGIN, and the setting where there is one, travel with the first statement.
		rls:      {"point": 1, "list": 1, "insert": 1, "tx5": 6, "tx10": 11},
		hybrid:   {"point": 1, "list": 1, "insert": 1, "tx5": 6, "tx10": 11},
		schema:   {"point": 1, "list": 1, "insert": 1, "tx5": 6, "tx10": 11},
		prefix:   {"point": 1, "list": 1, "insert": 1, "tx5": 6, "tx10": 11},
		database: {"point": 1, "list": 1, "insert": 1, "tx5": 7, "tx10": 12},
		naive:    {"point": 4, "list": 4, "insert": 4, "tx5": 8, "tx10": 13},
	} {
		for kind, n := range want {
			if got := trips[name][kind]; got != n {
				t.Errorf("%s, %s: %.2f round trips, want %.0f", name, kind, got, n)
			}
		}
	}
	// The runtime may allocate a little beside.
	const slack = 0.5
	if got, limit := allocations[row]["point"], allocations[raw]["point"]+2; got > limit+slack {
		t.Errorf("point read with the row filter: %.1f allocations, want at most %.1f", got, limit)
	}
	if got, limit := allocations[row]["list"], 120.0; got > limit+slack {
		t.Errorf("list of 100 with the row filter: %.1f allocations, want at most %.1f; sqlc has %.1f", got, limit, allocations[sqlc]["list"])
	}
}

// TestForeignRow holds that the clients check what they do: a ticket of another
// tenant is not there for whoever isolates, and is for pgx by hand.
func TestForeignRow(t *testing.T) {
	l := open(t)
	foreign := func() workload.Key {
		keys := workload.Keys(64, 2)
		for _, k := range keys {
			if k.Tenant != keys[0].Tenant {
				k.Tenant, k.ID = keys[0].Tenant, keys[0].ID
				return k
			}
		}
		t.Fatal("all keys are of one tenant")
		return workload.Key{}
	}()
	for _, s := range strategies() {
		if s.name == policies {
			continue // it is for one tenant
		}
		if s.prepare != nil {
			if _, err := s.prepare(t.Context(), l, 2); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		client, end, err := s.open(t.Context(), l, lab.Direct)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		for what, read := range map[string]func(context.Context, workload.Key) error{"point": client.Point, "list": client.List} {
			err := read(t.Context(), foreign)
			if err == nil && (what == "point" || s.name != raw) {
				t.Errorf("%s: %s read the other tenant's rows", s.name, what)
			}
			if what == "point" && s.name != raw && s.name != gorm && s.name != ent && !errors.Is(err, pgx.ErrNoRows) {
				t.Errorf("%s: %v", s.name, err)
			}
		}
		end()
	}
}
