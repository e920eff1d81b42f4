package sqldb

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// KeyError returns the error of a statement that looks keys up. Where err is that of a
// look-up that has found nothing, the result is runtime.ErrForeignKey as well as err; any
// other is returned as it is, and so is nil. Generated code calls it.
func KeyError(err error) error {
	if err == nil || !ofLookup(err.Error()) {
		return err
	}
	return fmt.Errorf("%w: %w", runtime.ErrForeignKey, err)
}

// ofLookup reports whether a text is that of such an error. The databases have no
// expression that violates a constraint, so look-ups provoke errors that tell: on SQLite
// a path with a text of ours, on MySQL a power of e that is no DOUBLE, with the expression.
func ofLookup(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "the tenant has no row with this key") ||
		strings.Contains(text, "'exp(") && strings.Contains(text, "case when ") && strings.Contains(text, " then 1000 end")
}
