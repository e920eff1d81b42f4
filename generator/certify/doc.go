// Package certify is the part of the compiler that has to be right. It takes
// the final SQL of a statement and the catalog, and proves for every table
// reference in it that only one tenant's rows are read or written there. It
// knows nothing of how the SQL came about and shares no code with the stages
// that wrote it. What it cannot prove it refuses; it repairs nothing.
//
// # What is proved
//
// For a reference R to a tenant table let σ(R) be its rows of the tenant $T. Where
// the table shares the rows that have no tenant (Tenancy.Shared), and R is only
// read, those belong to σ(R) as well; what is written or locked is always the
// tenant's own, since a lock on a shared row would make other tenants wait. R is
// anchored when the statement gives the same result with R replaced by σ(R),
// whatever the database holds. These replacements can be made one after the
// other, so when every reference is anchored, the whole statement reads nothing
// but the tenant's rows and the global tables. Each rule says why it yields such
// an equivalence.
//
// Outside of the proof: what functions and operators that the schema itself
// defines do inside, triggers, rules and cascades, and the order in which the
// database evaluates predicates (an error raised by a foreign row that a later
// predicate would have dropped).
//
// # The rules, in the order to read them
//
//   - level/level.go, names.go: what a name in FROM stands for. level/place.go: from
//     which places a predicate on a relation is the same as σ of it; condition.go:
//     what a predicate says.
//   - certify.go: the walk meets every query of the statement, and with it every
//     reference; one that it does not know how to meet is refused.
//   - reference.go: a reference to tenants' rows has an anchor.
//   - anchor.go: an anchor is a conjunct at one of these places: the tenant column
//     equals $T, or, for a child, there is a row of σ(parent) with its key.
//   - tenant.go: $T is the parameter itself, and its type keeps any two ids apart.
//   - write.go: what is written is the tenant's row, and stays his: an inserted row
//     gets $T, and no row gets another. merge.go: the same for each clause of MERGE.
//     copy.go: COPY is what the INSERT of each of its rows is.
//   - key.go: a foreign key that is written leads to a row of the tenant, because it
//     was looked up among his, or (origin.go, with level/row.go) because it comes out
//     of one; and a global table's to none.
//   - orphan.go: a child's own key is never NULL, or the row would be nobody's.
//   - expression.go: what cannot be seen in a tree of table references, such as
//     functions that run SQL, is not there.
package certify
