// Package parallel runs the same work on many things at once. It knows nothing of
// what the work is, and decides no order: results belong into slices, by index.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Each calls do for 0 to n-1, several at a time, and returns when all are done. A
// call must not depend on another one. When one panics, Each panics.
func Each(n int, do func(int)) {
	var group sync.WaitGroup
	var once sync.Once
	var panicked any
	guarded := func(i int) {
		defer func() {
			if v := recover(); v != nil {
				once.Do(func() { panicked = fmt.Sprintf("%v\n%s", v, debug.Stack()) })
			}
		}()
		do(i)
	}
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := range next {
				guarded(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	if panicked != nil {
		panic(panicked)
	}
}
