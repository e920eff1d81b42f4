package audit

// Rule is one kind of finding. Its ID never changes its meaning.
type Rule struct {
	ID, Name string
	Level    Level
	// Severity is GitHub's security-severity, of 10.
	Severity string
	Short    string
	Help     string
}

// Rules are all rules, the most dangerous first.
var Rules = []Rule{
	{"TA001", "UnanchoredWrite", Error, "9.0", "UPDATE, DELETE or MERGE of rows that may be any tenant's",
		"Compare the tenant column of the table that is written with the caller's tenant, as in WHERE tenant_id = $1. A child table is tied through its parent: EXISTS or a join that leads to one that is compared."},
	{"TA002", "UpsertArbiterWithoutTenant", Error, "8.5", "ON CONFLICT DO UPDATE on a key that does not hold the tenant",
		"The row that is in the way may be another tenant's, and is updated then. Put the tenant column into the unique key and the conflict target, or guard the update: DO UPDATE SET … WHERE t.tenant_id = excluded.tenant_id."},
	{"TA003", "WeakWrite", Error, "8.0", "UPDATE, DELETE or MERGE whose tenant condition other rows may pass",
		"Under OR, CASE, COALESCE or NOT a condition does not keep to one tenant. Make the tenant column's equality a condition of its own, joined with AND."},
	{"TA004", "UnanchoredRead", Warning, "7.5", "A query that reads rows of any tenant",
		"Compare the tenant column with the caller's tenant, as in WHERE tenant_id = $1. An id that is hard to guess is no check."},
	{"TA005", "PartlyAnchored", Warning, "7.0", "A query in which some tables are tied to a tenant and others are not",
		"Give each table of tenants a condition on its own tenant column, or equate it with that of a table that has one. A foreign key alone does not keep tenants apart unless the tenant is a part of it."},
	{"TA006", "WeakRead", Warning, "6.0", "A query whose tenant condition other rows may pass",
		"Under OR, CASE, COALESCE or NOT a condition does not keep to one tenant. Make the tenant column's equality a condition of its own, joined with AND."},
	{"TA007", "ChildUnanchored", Warning, "6.5", "A query that reads a child table without its parent",
		"The table has no tenant column. Join the parent, or add EXISTS, and compare the parent's tenant column."},
	{"TA008", "ChildInsertUnchecked", Warning, "5.5", "An INSERT into a child table whose parent may be any tenant's",
		"The foreign key accepts another tenant's parent. Take the key from a query that is tied to the tenant: INSERT … SELECT id FROM parent WHERE id = $1 AND tenant_id = $2."},
	{"TA009", "InsertWithoutTenant", Warning, "5.0", "An INSERT into a table of tenants that does not say whose the row is",
		"List the tenant column and give it the caller's tenant."},
	{"TA010", "TenantReassigned", Warning, "5.0", "A row is given another tenant",
		"Leave the tenant column out of SET. Where rows do move between tenants, let one reviewed query do it."},
	{"TA011", "RootWrite", Warning, "4.5", "UPDATE or DELETE of tenants that are not chosen by their key",
		"Choose the tenant by its key, or keep the query to a tool of the operators."},
	{"TA012", "Unparsed", Warning, "3.0", "A query that could not be read",
		"What the query does is not known. Correct it, or look at it by hand."},
	{"TA013", "UnknownTable", Note, "2.0", "A query uses a table that the schema does not have",
		"The table was taken for one that no tenant owns. Add the file that creates it to the schema of the project."},
	{"TA014", "UnknownFunction", Note, "1.0", "A query calls a function that may read tables",
		"What a function reads is not seen. Look at its body."},
	{"TA015", "ConflictSkipsSilently", Note, "1.0", "ON CONFLICT DO NOTHING on a key that does not hold the tenant",
		"Another tenant's row makes the insert do nothing, which tells that it exists. Put the tenant column into the key."},
}

func rule(id string) Rule {
	for _, r := range Rules {
		if r.ID == id {
			return r
		}
	}
	panic("audit: there is no rule " + id)
}
