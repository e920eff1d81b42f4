package main

import (
	"fmt"
	"os"
	goruntime "runtime"
	"strings"

	"github.com/tenancygen/tenancygen/bench/measure"
)

// report is what LIMITER.md says.
type report struct {
	plan                        measure.Plan
	command, server, link, load string

	names  []string
	ratios [][]measure.Ratio // by number of goroutines, then by name
	bytes  []int64           // by name
	local  []local
}

// load returns the machine's load average, if it has one.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func (r *report) write(name string) error {
	text := r.text()
	if name == "-" {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

func (r *report) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# What the rate limiters cost\n")
	line("Written by `%s`.\n", r.command)
	line("%d shared cores, Redis %s by %s, %s, %s/%s. %d rounds of %v for each figure, each between two of PING; load %s at the beginning and %s at the end.\n",
		goruntime.NumCPU(), r.server, r.link, goruntime.Version(), goruntime.GOOS, goruntime.GOARCH, r.plan.Rounds, r.plan.Slice, r.load, load())
	line("## In Redis\n")
	line("Calls per second as a multiple of those of PING with as many goroutines, and in parentheses the range that half of the rounds were in. %d tenants with a limit of %d in %v, none of whom reaches it; calls leave the window all the time. The bytes are those of one tenant that has used up its limit.\n",
		tenants, limit.Requests, limit.Window)
	head, rule := "| |", "|---|"
	for _, n := range goroutines {
		head += fmt.Sprintf(" ×%d |", n)
		rule += "---|"
	}
	line("%s bytes |", head)
	line("%s---|", rule)
	for i, name := range r.names {
		row := "| " + name + " |"
		for n := range goroutines {
			row += " " + cell(r.ratios[n][i]) + " |"
		}
		if r.bytes[i] > 0 {
			row += fmt.Sprintf(" %d", r.bytes[i])
		}
		line("%s |", row)
	}
	line("\nThe scripts above the limiters decide nothing, and call Redis one at a time. They show what is left of PING when a script makes these calls. An exact limiter needs at least those of the last one when a call leaves the window for each that comes, and the text that decides.")
	line("\n## Targets\n")
	line("| figure | target | measured | |\n|---|---|---|---|")
	for n, count := range goroutines {
		exact, constant, other := r.of("exact")[n], r.of("GCRA")[n], r.of("redis_rate")[n]
		line("| exact, goroutines: %d, × PING | ≥ 0.50 | %s | %s |", count, cell(exact), met(exact.Median >= 0.5))
		ratio := constant.Median / other.Median
		line("| GCRA, goroutines: %d, × redis_rate | ≥ 1.00 | %.2f | %s |", count, ratio, met(ratio >= 1))
	}
	for _, l := range r.local {
		line("| in process, %s, ns | ≤ 100 | %.0f | %s |", l.name, l.nanoseconds, met(l.nanoseconds <= 100))
		line("| in process, %s, allocations | 0 | %d | %s |", l.name, l.allocations, met(l.allocations == 0))
	}
	return b.String()
}

// of returns a limiter's ratios by number of goroutines.
func (r *report) of(name string) []measure.Ratio {
	var out []measure.Ratio
	for n := range goroutines {
		for i := range r.names {
			if r.names[i] == name {
				out = append(out, r.ratios[n][i])
			}
		}
	}
	return out
}

func cell(r measure.Ratio) string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Median, r.Low, r.High)
}

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "**missed**"
}
