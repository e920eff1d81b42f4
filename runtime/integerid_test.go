package runtime_test

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
)

// Two texts that a database takes for one number would be one tenant.
func TestIntegerID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int64{"1": 1, "42": 42, "9223372036854775807": 9223372036854775807} {
		if got, err := runtime.IntegerID(id).Value(); got != want || err != nil {
			t.Errorf("%q: %v, %v; want %d", id, got, err, want)
		}
	}
	for _, id := range []string{"0", "-1", "+1", "01", " 1", "1 ", "1abc", "1e2", "1.0", "0x1", "1_000", "９", "9223372036854775808", "abc"} {
		if got, err := runtime.IntegerID(id).Value(); !errors.Is(err, runtime.ErrTenantID) {
			t.Errorf("%q: %v, %v; want ErrTenantID", id, got, err)
		}
	}
}
