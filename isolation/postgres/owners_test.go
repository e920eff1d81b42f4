package postgres

import (
	"testing"
	"time"
)

// A look at the registry counts for a while, for one tenant and one name.
func TestOwners(t *testing.T) {
	t.Parallel()
	var o owners
	now := time.Now()
	who := owner{"books", "ann"}
	o.put(who, now)
	for _, tc := range []struct {
		who   owner
		after time.Duration
		want  bool
	}{
		{who, 0, true},
		{who, ownerAge - 1, true},
		{who, ownerAge, false},
		{owner{"books", "bob"}, 0, false},
		{owner{"other", "ann"}, 0, false},
	} {
		if got := o.knows(tc.who, now.Add(tc.after)); got != tc.want {
			t.Errorf("%v after %v: %t", tc.who, tc.after, got)
		}
	}
	if o.remove(who); o.knows(who, now) {
		t.Error("removed, and known")
	}
}
