// Package schema is what ent generates the package entgen from.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// Ticket is the table tickets of schema.sql.
type Ticket struct{ ent.Schema }

// Fields returns the columns.
func (Ticket) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.UUID("tenant_id", uuid.UUID{}),
		field.Int64("customer_id"),
		field.Int32("number"),
		field.String("title"),
		field.Int64("amount"),
		field.Bool("open"),
		field.Time("created_at").Default(time.Now),
	}
}
