package pgstore

// SchemaOf returns the schema of a store.
func SchemaOf(s *Store) string { return s.schema }

// SearchSQL returns the statement of Search.
func SearchSQL(s *Store) string { return s.sql(searchSQL) }
