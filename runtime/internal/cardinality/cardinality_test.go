package cardinality_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/internal/cardinality"
)

// TestBound asks from many goroutines: as many values get through as the limit says, and
// one that got through always does.
func TestBound(t *testing.T) {
	t.Parallel()
	const limit, values = 50, 1000
	labels := cardinality.New(limit)
	var (
		mu   sync.Mutex
		seen = map[string]map[string]bool{} // the answers to each value
		wg   sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for i := range values {
				value := strconv.Itoa(i)
				got := labels.Of(value)
				mu.Lock()
				if seen[value] == nil {
					seen[value] = map[string]bool{}
				}
				seen[value][got] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	through := 0
	for value, answers := range seen {
		if len(answers) != 1 || !answers[value] && !answers[cardinality.Other] {
			t.Errorf("%s became %v", value, answers)
		}
		if answers[value] {
			through++
		}
	}
	if through != limit {
		t.Errorf("%d values got through, want %d", through, limit)
	}
	if got := labels.Of(""); got != "" {
		t.Errorf("an empty value became %q", got)
	}
}
