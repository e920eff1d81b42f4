package pgstore

// SchemaOf returns the schema of a store.
func SchemaOf(s *Store) string { return s.schema }

// StatusSQL is the statement of SetStatus, for tests that hold it open.
func StatusSQL(s *Store) string { return s.sql(statusSQL) }

// Columns are those of a tenant.
const Columns = columns
