package ir

// Layout is what the generated package tells a provider about its tables, statements
// and DDL. The types here are those of the same names in package runtime, which the
// compiler does not import.
type Layout struct {
	// Tables are the tables and views that statements may use, parents before the
	// tables that refer to them.
	Tables []LayoutTable `json:"tables"`
	// Statements are the queries whose texts a provider may be given.
	Statements []LayoutStatement `json:"statements"`
	// DDL makes the tables and what they need.
	DDL []LayoutDDL `json:"ddl,omitempty"`
	// Fingerprint tells two versions of the DDL apart.
	Fingerprint string `json:"fingerprint,omitempty"`
	// Unmovable says why the tables cannot be put in a namespace for each tenant.
	Unmovable string `json:"unmovable,omitempty"`
}

// LayoutTable is a table or view.
type LayoutTable struct {
	// Schema is empty for the default one.
	Schema string `json:"schema,omitempty"`
	Name   string `json:"name"`
	Class  Class  `json:"class"`
	View   bool   `json:"view,omitempty"`
	// Column is the tenant column of a tenant or root table.
	Column string `json:"column,omitempty"`
	// Circle is the same number, from 1, for tables that refer to one another in a
	// circle, and 0 for others.
	Circle int `json:"circle,omitempty"`
	// Owned holds for the rows of the tenant in the parameter $1.
	Owned    string         `json:"owned,omitempty"`
	Policies []Policy       `json:"policies,omitempty"`
	Columns  []LayoutColumn `json:"columns"`
}

// Policy is a policy of row-level security.
type Policy struct {
	Name string `json:"name"`
	// Command is "ALL", "SELECT", "INSERT", "UPDATE" or "DELETE".
	Command string `json:"command"`
	// Restrictive is set for a policy that has to hold whatever others allow.
	Restrictive bool `json:"restrictive,omitempty"`
	// Using and Check are its expressions; empty where it has none.
	Using string `json:"using,omitempty"`
	Check string `json:"check,omitempty"`
}

// LayoutColumn is a column of a table.
type LayoutColumn struct {
	Name string `json:"name"`
	// Type is the type as the database prints it without modifiers; empty for a view.
	Type    string `json:"type,omitempty"`
	NotNull bool   `json:"not_null,omitempty"`
}

// LayoutStatement is a query and the places in its SQL that depend on the tenant.
type LayoutStatement struct {
	Query string `json:"query"`
	Slots []Slot `json:"slots,omitempty"`
}

// SlotKind is what a slot holds.
type SlotKind string

// The kinds of slot.
const (
	// SlotTable is a reference to a table, view or sequence of a tenant.
	SlotTable SlotKind = "table"
	// SlotName is a name that cannot be qualified, for something that is made in the
	// schema of its table, such as an index.
	SlotName SlotKind = "name"
	// SlotLiteral is a reference within a string literal, such as that of nextval.
	SlotLiteral SlotKind = "literal"
	// SlotShared is a reference to a table that all tenants share, in the DDL of a
	// tenant's relation, in a dialect that would look for it beside that relation.
	SlotShared SlotKind = "shared"
)

// Slot is a place in SQL at which a table is named that may be called otherwise.
type Slot struct {
	// Start and End are the bytes of the name as it is written, with its schema, the
	// parentheses around it and the star behind it, where it has them; of a literal,
	// with its quotes.
	Start int `json:"start"`
	End   int `json:"end"`
	// Name is the name without schema and quotes.
	Name string   `json:"name"`
	Kind SlotKind `json:"kind"`
	// Alias is set where the name is also what the statement calls the table by.
	Alias bool `json:"alias,omitempty"`
}

// LayoutDDL is a statement that makes a part of the schema.
type LayoutDDL struct {
	SQL   string `json:"sql"`
	Slots []Slot `json:"slots,omitempty"`
	// Shared is set for what is made once for all tenants.
	Shared bool `json:"shared,omitempty"`
	// Creates are the names of the relations that it makes.
	Creates []string `json:"creates,omitempty"`
}
