package equivalence

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShrink(t *testing.T) {
	t.Parallel()
	sql, args := Shrink("SELECT a.x FROM lefts AS a WHERE a.y = $1 AND (a.z <> $2 OR a.x IS NULL)", []Argument{Argument("1"), Argument("two")},
		func(sql string, args []Argument) bool { return strings.Contains(sql, "z <> $") && len(args) > 0 })
	sql = strings.Join(strings.Fields(sql), " ")
	if diff := cmp.Diff("a.z <> $1", sql); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Argument{Argument("two")}, args); diff != "" {
		t.Error(diff)
	}
}
