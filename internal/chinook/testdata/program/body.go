// Package ENGINE is compiled with the package that is generated for each engine.
package ENGINE

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/chinook/ENGINE/gen"
	"example.com/chinook/show"

	"github.com/tenancygen/tenancygen/runtime"
)

// The tenants of the comparison, who are customers of Chinook's.
var tenants = []string{"1", "2", "17", "59"}

// dated is when new invoices are.
var dated = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// Run calls every method as several tenants, and writes down what comes of it.
func Run(ctx context.Context, db *sql.DB, out *show.Transcript) {
	queries := gen.New(show.Shared{DB: db})
	out.Value("genres")(queries.Global().ListGenres(ctx))
	for _, id := range tenants {
		out.Tenant = id
		reads(ctx, of(queries, id), out)
	}
	for i, id := range tenants {
		out.Tenant = id
		derived(ctx, of(queries, id), out, 413+i, 2241+i)
		out.Tenant = tenants[(i+1)%len(tenants)]
		derivedTrespass(ctx, of(queries, out.Tenant), out, 413+i, 2241+i)
	}
	for i, id := range tenants {
		out.Tenant = id
		own := int(10000 + i)
		writes(ctx, of(queries, id), out, own)
		out.Tenant = tenants[(i+1)%len(tenants)]
		trespass(ctx, of(queries, out.Tenant), out, own)
	}
	for _, id := range tenants {
		out.Tenant = id
		reads(ctx, of(queries, id), out)
	}
	// All rows of all tenants, also of those that did nothing.
	for id := 1; id <= 59; id++ {
		out.Tenant = fmt.Sprint(id)
		all(ctx, of(queries, out.Tenant), out)
	}
	for _, id := range []string{"60", "1abc", "1.0", " 17", "+17", "017"} {
		out.Tenant = id
		out.Value("nobody's invoices")(of(queries, id).CountInvoice(ctx))
	}
	out.Tenant = "17, suspended"
	out.Value("invoices")(queries.ForTenant(runtime.Tenant{ID: "17", Status: runtime.StatusSuspended}).CountInvoice(ctx))
}

func of(queries *gen.Queries, id string) *gen.TenantQueries {
	return queries.ForTenant(runtime.Tenant{ID: id, Status: runtime.StatusActive})
}

func reads(ctx context.Context, q *gen.TenantQueries, out *show.Transcript) {
	out.Value("GetCustomer")(q.GetCustomer(ctx))
	out.Value("GetProfile")(q.GetProfile(ctx))
	out.Value("ListInvoices")(q.ListInvoices(ctx))
	out.Value("ListBought")(q.ListBought(ctx))
	out.Value("SpentByGenre")(q.SpentByGenre(ctx))
	out.Value("GenresWithout")(q.GenresWithout(ctx))
	out.Value("SumOfInvoices")(q.SumOfInvoices(ctx))
	out.Value("LastInvoice")(q.LastInvoice(ctx))
	out.Value("DistinctAlbums")(q.DistinctAlbums(ctx))
	out.Value("InvoicesWithoutLines")(q.InvoicesWithoutLines(ctx))
	out.Value("PopularAmongOwn")(q.PopularAmongOwn(ctx))
	out.Value("NumbersOfBoth")(q.NumbersOfBoth(ctx))
	out.Value("RankedInvoices")(q.RankedInvoices(ctx))
	out.Value("SizesOfInvoices")(q.SizesOfInvoices(ctx))
	out.Value("OwnCountBeside")(q.OwnCountBeside(ctx))
	out.Value("PairsOnOneDay")(q.PairsOnOneDay(ctx))
	out.Value("CountInvoicesAbove")(q.CountInvoicesAbove(ctx, "3.96"))
	out.Value("PageOfInvoices")(q.PageOfInvoices(ctx, gen.PageOfInvoicesParams{MaxRows: 3, Skipped: 2}))
	out.Value("InvoicesAfter")(q.InvoicesAfter(ctx, 150))
	out.Value("FindEither")(q.FindEither(ctx, gen.FindEitherParams{Number: 98, Country: sql.NullString{String: "Brazil", Valid: true}}))
	out.Value("NotBoughtOfArtist")(q.NotBoughtOfArtist(ctx, 90))
	out.Value("InvoicesWithGenre")(q.InvoicesWithGenre(ctx, 1))
	out.Value("InvoicesOf")(listed(ctx, q.InvoicesOf, 1, 12, 67, 98, 121, 293))
	out.Value("InvoicesOf nothing")(listed(ctx, q.InvoicesOf))
	// Each of these is one tenant's, and to the others it is not there.
	for _, number := range []int{1, 12, 98, 111, 10000, 10001, 99999} {
		out.Value(fmt.Sprint("GetInvoice ", number))(called(ctx, q.GetInvoice, number))
		out.Value(fmt.Sprint("GetInvoiceOf ", number))(called(ctx, q.GetInvoiceOf, number))
		out.Value(fmt.Sprint("ListLinesOf ", number))(called(ctx, q.ListLinesOf, number))
		out.Value(fmt.Sprint("GetInvoiceLine ", number))(called(ctx, q.GetInvoiceLine, number))
	}
	page := gen.ListInvoiceLineParams{MaxRows: 4}
	for range 3 {
		rows, err := q.ListInvoiceLine(ctx, page)
		out.Value("ListInvoiceLine")(rows, err)
		if len(rows) > 0 {
			_ = page.AfterInvoiceLineID.Scan(int64(rows[len(rows)-1].InvoiceLineID)) // an integer always fits
		}
	}
	all(ctx, q, out)
}

func all(ctx context.Context, q *gen.TenantQueries, out *show.Transcript) {
	out.Value("CountInvoice")(q.CountInvoice(ctx))
	out.Value("CountInvoiceLine")(q.CountInvoiceLine(ctx))
	out.Value("OwnCountBeside")(q.OwnCountBeside(ctx))
	out.Value("SpentByGenre")(q.SpentByGenre(ctx))
}

// writes makes an invoice of the number, with lines of ten times that, and changes it.
func writes(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number int) {
	out.Value("ChangePhone")(q.ChangePhone(ctx, sql.NullString{String: fmt.Sprint("+", number), Valid: true}))
	out.Error("AddInvoice", q.AddInvoice(ctx, invoice(number)))
	out.Error("AddInvoice again", q.AddInvoice(ctx, invoice(number)))
	out.Error("AddLine", q.AddLine(ctx, line(10*number, number)))
	out.Error("AddLine", q.AddLine(ctx, line(10*number+1, number)))
	out.Error("AddLine to no invoice", q.AddLine(ctx, line(10*number+2, 99999)))
	out.Value("CopyLines")(called(ctx, q.CopyLines, number))
	out.Value("DoubleLines")(called(ctx, q.DoubleLines, number))
	out.Value("DropLine")(called(ctx, q.DropLine, 10*number+1))
	out.Value("SetCity")(q.SetCity(ctx, city("Tromsø", number)))
	move(ctx, q, out, number)
	upsert(ctx, q, out, number)
	err := q.InTx(ctx, func(q *gen.TenantQueries) error {
		out.Value("DropDearLines")(q.DropDearLines(ctx))
		out.Value("SpentByGenre")(q.SpentByGenre(ctx))
		return errors.New("roll it back")
	})
	out.Text("rolled back", err.Error())
	err = q.InTx(ctx, func(q *gen.TenantQueries) error {
		_, err := q.SetCity(ctx, city("Vardø", number))
		return err
	})
	out.Error("committed", err)
}

// move looks at a result of a statement that adds no row: it has no id of one.
func move(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number int) {
	p := gen.MoveCityParams{City: text("Vadsø")}
	set(&p.Number, number)
	result, err := q.MoveCity(ctx, p)
	if err != nil {
		out.Error("MoveCity", err)
		return
	}
	out.Value("MoveCity")(result.RowsAffected())
	id, err := result.LastInsertId()
	out.Text("MoveCity tells an id", fmt.Sprint(err == nil && id != 0))
}

// trespass tries on another tenant's invoice what writes did.
func trespass(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number int) {
	out.Error("AddInvoice of another's number", q.AddInvoice(ctx, invoice(number)))
	out.Error("AddLine to another's", q.AddLine(ctx, line(10*number+3, number)))
	out.Value("CopyLines of another's")(called(ctx, q.CopyLines, number))
	out.Value("DoubleLines of another's")(called(ctx, q.DoubleLines, number))
	out.Value("DropLine of another's")(called(ctx, q.DropLine, 10*number))
	out.Value("DeleteInvoiceLine of another's")(called(ctx, q.DeleteInvoiceLine, 10*number))
	out.Value("DeleteInvoice of another's")(called(ctx, q.DeleteInvoice, number))
	move(ctx, q, out, number)
	out.Value("SetCity of another's")(q.SetCity(ctx, city("Oslo", number)))
	upsert(ctx, q, out, number)
}

// called calls a method with a number, of whichever type that is on the engine.
// derived calls the methods that have no author. The numbers are those that come next:
// SQLite gives them, and the others are told.
func derived(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number, id int) {
	show.Call(ctx, q, out, "CreateInvoice", show.Row{"InvoiceID": number, "InvoiceDate": dated, "Total": "1.50"})
	show.Call(ctx, q, out, "CreateInvoiceLine", show.Row{"InvoiceLineID": id, "InvoiceID": number, "TrackID": 3, "UnitPrice": "0.75", "Quantity": 2})
	show.Call(ctx, q, out, "CreateInvoiceLine", show.Row{"InvoiceLineID": id + 1, "InvoiceID": 99999, "TrackID": 3, "UnitPrice": "0.75", "Quantity": 2})
	show.Call(ctx, q, out, "UpdateInvoice", show.Row{"InvoiceID": number, "InvoiceDate": dated, "BillingCity": "Bodø", "Total": "9.50"})
	show.Call(ctx, q, out, "UpdateInvoiceLine", show.Row{"InvoiceLineID": id, "TrackID": 4, "UnitPrice": "4.75", "Quantity": 2})
	show.Call(ctx, q, out, "UpdateCustomer", show.Row{"FirstName": "Ole", "LastName": fmt.Sprint("Nordmann ", number), "Email": "ole@example.com"})
	out.Value("GetInvoice")(called(ctx, q.GetInvoice, number))
	out.Value("GetInvoiceLine")(called(ctx, q.GetInvoiceLine, id))
	out.Value("GetCustomer")(q.GetCustomer(ctx))
}

func derivedTrespass(ctx context.Context, q *gen.TenantQueries, out *show.Transcript, number, id int) {
	show.Call(ctx, q, out, "CreateInvoiceLine", show.Row{"InvoiceLineID": id + 1, "InvoiceID": number, "TrackID": 3, "UnitPrice": "0.75", "Quantity": 2})
	show.Call(ctx, q, out, "UpdateInvoice", show.Row{"InvoiceID": number, "InvoiceDate": dated, "BillingCity": "Moss", "Total": "0.50"})
	show.Call(ctx, q, out, "UpdateInvoiceLine", show.Row{"InvoiceLineID": id, "TrackID": 5, "UnitPrice": "0.75", "Quantity": 1})
	out.Value("GetInvoice of another's")(called(ctx, q.GetInvoice, number))
}

func called[N int32 | int64, R any](ctx context.Context, method func(context.Context, N) (R, error), number int) (R, error) {
	return method(ctx, N(number))
}

func listed[N int32 | int64, R any](ctx context.Context, method func(context.Context, []N) (R, error), numbers ...N) (R, error) {
	return method(ctx, numbers)
}
