package runtime

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrTenantID is for a tenant's id that cannot be one in the database.
var ErrTenantID = errors.New("tenancy: the tenant's id does not fit the tenant column")

// IDForm is the one way in which a tenant's id is written, where the type of the tenant
// column makes one value of several texts: to PostgreSQL, "1", " 1" and "+1" are one
// integer. To all else, such as caches, limits and the record of who is suspended, they
// are tenants of their own. So any other text is ErrTenantID before anything is sent.
//
// Generated packages know their form, and a provider has it from Layout.IDs.
type IDForm string

// The forms.
const (
	// IDText is any text.
	IDText IDForm = ""
	// IDUnpadded is a text without a blank at its end: a column with a limit, such as
	// varchar(36), drops those that do not fit.
	IDUnpadded IDForm = "unpadded"
	// IDInteger is an integer from 1 to 9223372036854775807, in decimal digits without
	// sign or leading zeros.
	IDInteger IDForm = "integer"
	// IDIntegerTo, with a number behind it, is IDInteger up to that number, as in
	// IDIntegerTo + "127". Outside of its strict mode MySQL stores the largest value of a
	// column in the place of a larger one.
	IDIntegerTo IDForm = "integer:"
	// IDASCII, with a number behind it, is a text of so many printable ASCII characters or
	// less, without a blank at its end, as in IDASCII + "36". Outside of its strict mode
	// MySQL cuts what is longer than its column, and stores ? for a character that the
	// column or the connection does not have.
	IDASCII IDForm = "ascii:"
	// IDUUID is a UUID as PostgreSQL prints it: 32 lower-case hexadecimal digits in
	// groups of 8, 4, 4, 4 and 12, with hyphens between.
	IDUUID IDForm = "uuid"
)

// Check returns nil for an id of the form, ErrNoTenant for an empty one, and otherwise an
// error that wraps ErrTenantID. It allocates nothing for an id of the form.
func (f IDForm) Check(id string) error {
	if id == "" {
		return ErrNoTenant
	}
	switch f {
	case IDText:
		return nil
	case IDUnpadded:
		if !strings.HasSuffix(id, " ") {
			return nil
		}
		return fmt.Errorf("%w: %q ends in a blank", ErrTenantID, id)
	case IDInteger:
		if isInteger(id) {
			return nil
		}
		return fmt.Errorf("%w: %q is no integer from 1 on, without sign and leading zeros", ErrTenantID, id)
	case IDUUID:
		if isUUID(id) {
			return nil
		}
		return fmt.Errorf("%w: %q is no UUID in lower case, as 8-4-4-4-12 digits", ErrTenantID, id)
	}
	kind, limit, _ := strings.Cut(string(f), ":")
	n, err := strconv.ParseInt(limit, 10, 64)
	switch {
	case err != nil:
	case kind == "ascii":
		if int64(len(id)) <= n && isPrintable(id) {
			return nil
		}
		return fmt.Errorf("%w: %q is not a text of 1 to %d printable ASCII characters without a blank at its end", ErrTenantID, id, n)
	case kind == "integer":
		if isInteger(id) && (len(id) < len(limit) || len(id) == len(limit) && id <= limit) {
			return nil
		}
		return fmt.Errorf("%w: %q is no integer from 1 to %d, without sign and leading zeros", ErrTenantID, id, n)
	}
	return fmt.Errorf("%w: the form %q of ids is not known", ErrTenantID, string(f))
}

// sendsInteger reports whether ids of the form are integers.
func (f IDForm) sendsInteger() bool {
	return f == IDInteger || strings.HasPrefix(string(f), string(IDIntegerTo))
}

// isPrintable reports whether a text has printable ASCII characters alone, and no blank
// at its end.
func isPrintable(id string) bool {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return !strings.HasSuffix(id, " ")
}

// maxInteger is the largest int64.
const maxInteger = "9223372036854775807"

// isInteger reports whether a text is the decimal form of an int64 from 1 on.
func isInteger(id string) bool {
	if id == "" || id[0] == '0' || len(id) > len(maxInteger) || len(id) == len(maxInteger) && id > maxInteger {
		return false
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}

// isUUID reports whether a text is a UUID in its canonical form.
func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
