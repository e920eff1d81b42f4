package equivalence

import "github.com/tenancygen/tenancygen/generator/catalog"

// sample is the content of one table of the shared database.
type sample struct {
	table   *catalog.Table
	columns []string
	types   []uint32
	rows    []sampleRow
}

type sampleRow struct {
	owner  string
	values []Argument
}

// column is the index of the column that a parameter is about: the one of its
// name, or one in which its name ends; -1 without one.
func (s *sample) column(param string, oid uint32) int {
	found := -1
	for k, column := range s.columns {
		switch {
		case s.types[k] != oid:
		case param == column:
			return k
		case endsIn(param, column):
			found = k
		}
	}
	return found
}

// paramType is the type of a parameter.
type paramType struct {
	oid      uint32
	name     string
	element  *paramType // of an array
	labels   []string   // of an enum
	category byte
}
