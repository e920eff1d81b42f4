package runtime

import (
	"database/sql/driver"
	"strconv"
)

// IntegerID is a tenant's id where the tenant column is an integer and the database
// would make a number of any text: to MySQL, '1abc' and 1 are equal. It is sent as an
// integer, and an id that is not of the form IDInteger is an error that wraps
// ErrTenantID before anything is sent.
type IntegerID string

// Value implements driver.Valuer.
func (id IntegerID) Value() (driver.Value, error) {
	if !isInteger(string(id)) {
		return nil, IDInteger.Check(string(id))
	}
	return strconv.ParseInt(string(id), 10, 64)
}
