package show

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// own are rows of a tenant, parents first, whose numbers nobody has in Chinook: what is
// created, and, in the second of each, what takes its place. PlaylistTrack has keys alone.
var own = []struct {
	table, key     string
	first, another Row
}{
	{"Artist", "ArtistID", Row{"Name": "Kari"}, Row{"Name": nil}},
	{"Album", "AlbumID", Row{"Title": "Sider", "ArtistID": fresh}, Row{"Title": "Andre sider", "ArtistID": 1}},
	{"Track", "TrackID",
		Row{"Name": "Vår", "AlbumID": fresh, "MediaTypeID": 1, "GenreID": 2, "Milliseconds": 1000, "Bytes": 77, "UnitPrice": "0.99"},
		Row{"Name": "Høst", "AlbumID": nil, "MediaTypeID": 2, "Composer": "Ola", "Milliseconds": 2000, "UnitPrice": "1.49"}},
	{"Playlist", "PlaylistID", Row{"Name": "Reise"}, Row{"Name": "Hjem"}},
	{"PlaylistTrack", "", Row{"PlaylistID": fresh, "TrackID": fresh}, nil},
	{"Employee", "EmployeeID",
		Row{"LastName": "Lie", "FirstName": "Per", "ReportsTo": 1, "BirthDate": dated, "HireDate": dated, "Email": "per@example.com"},
		Row{"LastName": "Moe", "FirstName": "Pål", "ReportsTo": nil, "Title": "Sjef", "City": "Bergen"}},
	{"Customer", "CustomerID",
		Row{"FirstName": "Nina", "LastName": "Dahl", "Email": "nina@example.com", "SupportRepID": fresh},
		Row{"FirstName": "Nina", "LastName": "Berg", "Email": "nina@example.com", "Company": "Berg AS", "SupportRepID": 3}},
	{"Invoice", "InvoiceID",
		Row{"CustomerID": fresh, "InvoiceDate": dated, "Total": "1.99"},
		Row{"CustomerID": 1, "InvoiceDate": dated, "BillingCity": "Oslo", "BillingCountry": "Norway", "Total": "2.99"}},
	{"InvoiceLine", "InvoiceLineID",
		Row{"InvoiceID": fresh, "TrackID": fresh, "UnitPrice": "0.99", "Quantity": 2},
		Row{"InvoiceID": 1, "TrackID": 1, "UnitPrice": "1.99", "Quantity": 1}},
}

// fresh is the number of the new rows, which is the same for all tenants.
const fresh = 70001

var dated = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

// CRUD calls the derived methods of all tables as several tenants, of whom the last has no
// rows. Where keys hold the tenant, they use the same numbers, and never meet.
func CRUD(ctx context.Context, of func(id string) any, out *Transcript) {
	ids := []string{"acme", "globex", "initech"}
	each := func(do func(ctx context.Context, q any, out *Transcript)) {
		for _, id := range ids {
			out.Tenant = id
			do(ctx, of(id), out)
		}
	}
	each(browse)
	each(create)
	each(replace)
	each(browse)
	each(put)
	each(browse)
	each(remove)
	each(browse)
}

func keyOf(key string, of int) Row { return Row{"key": of, key: of, "PlaylistID": of, "TrackID": of} }

// with is a row with its key.
func with(row Row, key string, of int) Row {
	out := Row{}
	for name, value := range row {
		out[name] = value
	}
	if key != "" {
		out[key] = of
	}
	return out
}

// browse reads: rows that all have, rows that only some have, and the first pages.
func browse(ctx context.Context, q any, out *Transcript) {
	Read(ctx, q, out, "Sales", nil)
	for _, t := range own {
		Read(ctx, q, out, "Count"+t.table, nil)
		for _, of := range []int{1, 2, 3, 1500, fresh, fresh + 1} {
			Read(ctx, q, out, "Get"+t.table, keyOf(t.key, of))
		}
		for _, after := range []any{nil, 2, 990, fresh - 1} {
			Read(ctx, q, out, "List"+t.table, Row{"MaxRows": 5, "After" + t.key: after, "AfterPlaylistID": after, "AfterTrackID": after})
		}
	}
}

func create(ctx context.Context, q any, out *Transcript) {
	for _, t := range own {
		Call(ctx, q, out, "Create"+t.table, with(t.first, t.key, fresh))
		Call(ctx, q, out, "Create"+t.table, with(t.first, t.key, fresh)) // is there by now
	}
}

// replace updates a row, and one that is nobody's.
func replace(ctx context.Context, q any, out *Transcript) {
	for _, t := range own {
		if t.another != nil {
			Call(ctx, q, out, "Update"+t.table, with(t.another, t.key, fresh))
			Call(ctx, q, out, "Update"+t.table, with(t.another, t.key, fresh+1))
		}
	}
}

// put upserts a row that is there, one that is not, and again that one.
func put(ctx context.Context, q any, out *Transcript) {
	out.Text("upserts", fmt.Sprint(Has(q, "UpsertArtist"), Has(q, "UpsertPlaylistTrack")))
	for _, t := range own {
		if t.another != nil {
			Call(ctx, q, out, "Upsert"+t.table, with(t.first, t.key, fresh))
			Call(ctx, q, out, "Upsert"+t.table, with(t.first, t.key, fresh+1))
			Call(ctx, q, out, "Upsert"+t.table, with(t.another, t.key, fresh+1))
		}
	}
}

// remove deletes rows, children first, and looks that a parent stays where it has children.
func remove(ctx context.Context, q any, out *Transcript) {
	Call(ctx, q, out, "DeleteInvoice", keyOf("InvoiceID", fresh))
	for _, t := range slices.Backward(own) {
		for _, of := range []int{fresh, fresh + 1, fresh} {
			Call(ctx, q, out, "Delete"+t.table, keyOf(t.key, of))
		}
	}
}
