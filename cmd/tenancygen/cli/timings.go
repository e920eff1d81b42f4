package cli

import (
	"fmt"
	"io"
	"time"
)

// stopwatch notes when the stages of a run end. The zero value has not begun, and
// notes nothing.
type stopwatch struct {
	begun, last time.Time
	stages      []stage
}

type stage struct {
	name string
	took time.Duration
}

// begin begins a measurement.
func (w *stopwatch) begin() { w.begun = time.Now(); w.last = w.begun }

// done ends a stage, and with it begins the next.
func (w *stopwatch) done(name string) {
	if w.begun.IsZero() {
		return
	}
	now := time.Now()
	w.stages = append(w.stages, stage{name, now.Sub(w.last)})
	w.last = now
}

// print prints the time of each stage. analysis is the processor time of sqlc,
// which starts with the first stage and is waited for in "analyze".
func (w *stopwatch) print(out io.Writer, analysis time.Duration) {
	for _, s := range append(w.stages, stage{"all", w.last.Sub(w.begun)}) {
		fmt.Fprintf(out, "%-10s %8.1f ms\n", s.name, milliseconds(s.took))
	}
	fmt.Fprintf(out, "%-10s %8.1f ms of processor time, in its own process from the first stage on\n", "sqlc", milliseconds(analysis))
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
