package runtime

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
)

// ErrTenantID is for a tenant's id that cannot be one in the database.
var ErrTenantID = errors.New("tenancy: the tenant's id does not fit the tenant column")

// IntegerID is a tenant's id where the tenant column is an integer and the database
// would make a number of any text: to MySQL, '1abc' and 1 are equal. It is sent as an
// integer, and an id that is not written as one, in decimal digits from 1 on without
// sign or leading zeros, is an error that wraps ErrTenantID before anything is sent.
type IntegerID string

// Value implements driver.Valuer.
func (id IntegerID) Value() (driver.Value, error) {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != string(id) {
		return nil, fmt.Errorf("%w: %q is no integer from 1 on", ErrTenantID, string(id))
	}
	return n, nil
}
