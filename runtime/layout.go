package runtime

// Layout is what a generated package tells a provider about its tables: which of
// them belong to tenants, where the SQL names them, and the DDL that makes them. It
// is generated with the option emit_layout. Nobody changes it.
type Layout struct {
	// Engine is the database: "postgresql", "mysql" or "sqlite".
	Engine string
	// Fingerprint tells two versions of the DDL apart.
	Fingerprint string
	// Schema is the schema of unqualified names, such as "public".
	Schema string
	// Role is the role that policies are for, and Setting what they read the
	// tenant's id from.
	Role, Setting string
	// Tables are the tables and views that statements may use, parents before the
	// tables that refer to them.
	Tables []Table
	// Statements are the texts that the generated methods send, on the handles of a
	// tenant and on the global one. They are sent as they are where tenants share
	// tables. A statement that cannot name other tables is not among them. A copy sends
	// no text: what CopyFrom is given is a table, to be found in Tables.
	Statements []Text
	// DDL makes the tables and what they need, in the order of the schema's files, and
	// as they are written there. It is run in a transaction in which search_path is
	// Schema and then pg_temp: what has no slot means what is there.
	DDL []DDL
	// Unmovable says why the tables cannot be put in a namespace for each tenant,
	// with the place in the schema; empty when they can. When it is set, DDL makes the
	// schema only as a whole, in a database of its own.
	Unmovable string
	// IDs is how tenants' ids are written. Any other is refused with ErrTenantID.
	IDs IDForm
}

// TenantArgument is a tenant's id as the statements and Owned of the layout take it for
// a parameter.
func (l *Layout) TenantArgument(id string) any {
	if l.IDs.sendsInteger() {
		return IntegerID(id)
	}
	return id
}

// Class is how a table belongs to tenants.
type Class string

// The classes. A table of a class other than ClassGlobal is in the tenant's own
// namespace where there is one.
const (
	ClassTenant Class = "tenant" // it has the tenant column
	ClassRoot   Class = "root"   // the table of tenants, told by its key
	ClassChild  Class = "child"  // it belongs to a tenant through its parent
	ClassView   Class = "view"   // a view of tenants' tables
	ClassGlobal Class = "global" // all tenants share it
)

// Table is a table or view.
type Table struct {
	// Schema is the schema that the table's own DDL names; empty for the default.
	Schema, Name string
	Class        Class
	// View is set for a view, of any class.
	View bool
	// Column is the tenant column of a tenant or root table.
	Column string
	// Circle is the same number, from 1, for tables that refer to one another in a
	// circle, so that in no order of single statements each is before its parents; 0
	// for others.
	Circle int
	// Owned is a condition on the table, which it names by its Name, that holds for
	// the rows of the tenant in the parameter $1, which is Layout.TenantArgument: how to find them
	// where tenants share tables. It is empty for a view and a global table.
	Owned string
	// Policies are the row-level security policies that keep tenants apart where they
	// share the table, as the DDL of the package makes them; none where no role is
	// configured.
	Policies []Policy
	Columns  []Column
}

// Policy is a policy of row-level security.
type Policy struct {
	Name string
	// Command is what it is for: "ALL", "SELECT", "INSERT", "UPDATE" or "DELETE".
	Command string
	// Restrictive is set for a policy that has to hold whatever others allow.
	Restrictive bool
	// Using and Check are its expressions; empty where it has none.
	Using, Check string
}

// Column is a column of a table.
type Column struct {
	Name string
	// Type is the type as format_type(type, NULL) prints it, such as "integer", where
	// the types of Layout.Schema need no schema. It is empty for a view.
	Type    string
	NotNull bool
}

// Text is SQL and the places in it that depend on the tenant.
type Text struct {
	SQL string
	// Slots are in the order of the text and do not overlap.
	Slots []Slot
}

// SlotKind is what a slot holds.
type SlotKind uint8

// The kinds of slot.
const (
	// SlotTable is a reference to a table, view or sequence of a tenant.
	SlotTable SlotKind = iota
	// SlotName is a name for something that is in the schema of its table, such as an
	// index, or a constraint that has one. It cannot be qualified.
	SlotName
	// SlotLiteral is a reference within a string literal, such as that of nextval.
	SlotLiteral
	// SlotShared is a reference to a table that all tenants share, in the DDL of a
	// tenant's relation, in a database that would look for it beside that relation.
	SlotShared
)

// Slot is a place in SQL at which a table is named that may be called otherwise.
type Slot struct {
	// Start and End are the bytes of the name as it is written, with its schema where
	// it has one, and with parentheses around it and a star behind it: what takes its
	// place stands alone. For SlotLiteral they are those of the literal, with its
	// quotes.
	Start, End int
	// Name is the name without schema and quotes.
	Name string
	Kind SlotKind
	// Alias is set where the name is also what the statement calls the table by, so
	// that under another name it needs Name as its alias.
	Alias bool
}

// DDL is a statement that makes a part of the schema. Its slots are for a schema of
// the tenant's own, where each relation keeps its name. Tables with a prefix are made
// in a schema, and moved.
type DDL struct {
	Text
	// Shared is set for what is made once for all tenants: types, functions,
	// extensions and global tables.
	Shared bool
	// Creates are the names of the relations that it makes, without schema and
	// quotes: tables, views, sequences and indexes.
	Creates []string
}
