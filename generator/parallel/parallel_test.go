package parallel

import (
	"fmt"
	"strings"
	"testing"
)

func TestEach(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 1000} {
		done := make([]int, n)
		Each(n, func(i int) { done[i]++ })
		for i, times := range done {
			if times != 1 {
				t.Errorf("of %d: %d was done %d times", n, i, times)
			}
		}
	}
}

// A panic in another goroutine would end the program before it can say so.
func TestEachPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, "number 7") || !strings.Contains(v, "parallel_test.go") {
			t.Errorf("the panic says %q", v)
		}
	}()
	Each(10, func(i int) {
		if i == 7 {
			panic(fmt.Sprintf("number %d", i))
		}
	})
	t.Error("Each returned")
}
