package ENGINE

import (
	"database/sql"

	"example.com/chinook/ENGINE/gen"
)

func invoice(number int) gen.AddInvoiceParams {
	p := gen.AddInvoiceParams{Dated: dated, City: text("Bergen"), Amount: "12.34"}
	set(&p.Number, number)
	return p
}

func line(id, number int) gen.AddLineParams {
	p := gen.AddLineParams{TrackNumber: 7, Price: "1.99", Pieces: 2}
	set(&p.Line, id)
	set(&p.Number, number)
	return p
}

func city(name string, number int) gen.SetCityParams {
	p := gen.SetCityParams{City: text(name)}
	set(&p.Number, number)
	return p
}

func text(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

// set gives a number the type that it has on the engine.
func set[N int32 | int64](to *N, n int) { *to = N(n) }
