package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/measure"
)

// write writes the results to a file, or to the terminal for "-".
func (r *results) write(name string) error {
	text := r.report()
	if name == "-" {
		_, err := os.Stdout.WriteString(text)
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

func (r *results) report() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("# What isolation costs\n")
	line("Written by `%s`; README.md says how it is measured and what the columns are.\n", r.settings.command)
	pinned := "not pinned"
	if r.settings.lab.Pin {
		pinned = "client, server and proxy pinned to one of them"
	}
	line("%d shared cores, %s. PostgreSQL %s without fsync, %s, %s/%s, %d tenants, pools of %d connections. %d rounds of %v for each figure, %.0f s in all, load %s at the beginning and %s at the end. All times are ratios of the same run.\n",
		runtime.NumCPU(), pinned, r.server, runtime.Version(), runtime.GOOS, runtime.GOARCH, r.settings.lab.Tenants, lab.Connections,
		r.settings.plan.Rounds, r.settings.plan.Slice, r.took.Seconds(), r.load, load())

	line("## Targets\n")
	line("In parentheses is the range that half of the rounds were in.\n")
	line("| figure | target | measured | |")
	line("|---|---|---|---|")
	for _, t := range targets(r.settings.lab.Tenants) {
		line("%s", t.row(r))
	}
	line("")
	for _, k := range kinds() {
		done := map[string]bool{}
		for _, c := range comparisons(r.settings.lab.Tenants) {
			if !done[c.key()] {
				r.table(line, k, c)
			}
			done[c.key()] = true
		}
	}
	if len(r.places) > 0 {
		line("## Making the places of tenants\n")
		line("With three tables and six indexes each, by `runtime.InitializeAll` with %d workers.\n", workers)
		line("| strategy | tenants | seconds | tenants per second |")
		line("|---|---|---|---|")
		for _, p := range r.places {
			line("| %s | %d | %.2f | %.0f |", p.strategy, p.tenants, p.took.Seconds(), float64(p.tenants)/p.took.Seconds())
		}
		line("")
	}
	line("## The strategies\n")
	for _, s := range strategies() {
		line("- **%s**: %s", s.name, s.what)
	}
	return b.String()
}

// table writes the table of a kind of work in a comparison, if it was measured.
func (r *results) table(line func(string, ...any), k kind, c comparison) {
	base := r.look(k.name, c.baseline, c.baseline, c.tenants)
	if base == nil {
		return
	}
	line("## %s, %d tenants, × %s\n", k.title, c.tenants, c.baseline)
	line("%s took %v %s and %v with %v more of round trip (median).\n", c.baseline,
		base.latency[lab.Direct].Typical.Round(time.Microsecond), onLink(r.direct),
		base.latency[lab.Delayed].Typical.Round(10*time.Microsecond), r.settings.lab.Delay)
	header, rule := "| strategy | round trips | allocations | p50 | p99 | p50 +"+r.settings.lab.Delay.String()+" | p99 +"+r.settings.lab.Delay.String()+" | throughput ×1 |",
		"|---|---|---|---|---|---|---|---|"
	for _, n := range goroutines {
		if k.throughput {
			header, rule = header+fmt.Sprintf(" ×%d |", n), rule+"---|"
		}
	}
	line("%s\n%s", header, rule)
	for _, s := range strategies() {
		f := r.look(k.name, c.baseline, s.name, c.tenants)
		if f == nil {
			continue
		}
		cells := []string{s.name, fmt.Sprintf("%.2f", f.roundTrips), fmt.Sprintf("%.0f", f.allocations)}
		for _, link := range []lab.Link{lab.Direct, lab.Delayed} {
			cells = append(cells, cell(f.latency[link].P50), cell(f.latency[link].P99))
		}
		cells = append(cells, cell(f.latency[lab.Direct].Throughput))
		for _, n := range goroutines {
			if k.throughput {
				cells = append(cells, cell(f.throughput[n]))
			}
		}
		line("| %s |", strings.Join(cells, " | "))
	}
	line("")
}

func onLink(name string) string {
	if name == "unix socket" {
		return "on the unix socket"
	}
	return "over " + name
}

// cell prints a ratio; a dash where there were too few calls for one.
func cell(r measure.Ratio) string {
	if r.Median == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", r.Median)
}
