package main

import (
	"context"

	"github.com/tenancygen/tenancygen/bench/measure"
	"github.com/tenancygen/tenancygen/bench/workload"
)

// kind is a kind of work.
type kind struct {
	name, title string
	// calls is how often it is done to count allocations and round trips.
	calls int
	// throughput is false where only the latency is looked at.
	throughput bool
	// do is nil for a client that cannot do it.
	do func(c workload.Reader) func(context.Context, workload.Key) error
}

func kinds() []kind {
	writes := func(do func(workload.Client) func(context.Context, workload.Key) error) func(workload.Reader) func(context.Context, workload.Key) error {
		return func(r workload.Reader) func(context.Context, workload.Key) error {
			if c, ok := r.(workload.Client); ok {
				return do(c)
			}
			return nil
		}
	}
	return []kind{
		{name: "point", title: "Point read", calls: 500, throughput: true,
			do: func(c workload.Reader) func(context.Context, workload.Key) error { return c.Point }},
		{name: "list", title: "List of 100 rows", calls: 200, throughput: true,
			do: func(c workload.Reader) func(context.Context, workload.Key) error { return c.List }},
		{name: "insert", title: "Insert", calls: 500, throughput: true,
			do: writes(func(c workload.Client) func(context.Context, workload.Key) error { return c.Insert })},
		{name: "tx5", title: "Transaction of five point reads", calls: 100,
			do: writes(func(c workload.Client) func(context.Context, workload.Key) error {
				return func(ctx context.Context, k workload.Key) error { return c.Tx(ctx, k, 5) }
			})},
		{name: "tx10", title: "Transaction of ten statements: 4 reads, 3 updates, 3 inserts", calls: 100, throughput: true,
			do: writes(func(c workload.Client) func(context.Context, workload.Key) error { return c.MixedTx })},
	}
}

// op returns the kind of work done by the client, each call on the next key.
func op(k kind, c workload.Reader, keys []workload.Key) measure.Op {
	do := k.do(c)
	if do == nil {
		return nil
	}
	return func(ctx context.Context, i int) error { return do(ctx, keys[i%len(keys)]) }
}
