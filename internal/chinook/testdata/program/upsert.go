package ENGINE

import (
	"context"
	"errors"

	"example.com/chinook/ENGINE/gen"
	"example.com/chinook/show"
)

// upsert changes the total of an invoice, and rolls that back.
func upsert(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number int) {
	p := gen.PutTotalParams{Dated: dated, Amount: "3.50"}
	set(&p.Number, number)
	_ = q.InTx(ctx, func(q *gen.TenantQueries) error {
		out.Value("PutTotal inside")(q.PutTotal(ctx, p))
		return errors.New("roll it back")
	})
}
