// Command bench compares what isolation costs with pgx by hand and with the code of
// sqlc, and writes RESULTS.md. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/measure"
	"github.com/tenancygen/tenancygen/bench/proxy"
)

func main() {
	proxy.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	lab   lab.Config
	plan  measure.Plan
	only  map[string]bool // the strategies, all of them when empty
	kinds map[string]bool // the same for the kinds of work
	out   string
	// command is what was typed, for the results.
	command string
}

func flags() settings {
	var s settings
	flag.IntVar(&s.lab.Tenants, "tenants", 1000, "how many tenants there are at most")
	flag.DurationVar(&s.lab.Delay, "delay", 500*time.Microsecond, "the round trip time that the proxy adds")
	flag.BoolVar(&s.lab.Pin, "pin", true, "put client, server and proxy on one processor (Linux; the server has to be ours)")
	flag.DurationVar(&s.plan.Slice, "slice", 40*time.Millisecond, "how long a variant is measured at a time")
	flag.IntVar(&s.plan.Rounds, "rounds", 9, "how many slices of each variant are measured")
	only := flag.String("only", "", "the strategies that are measured, with commas; all when empty")
	kinds := flag.String("work", "", "the kinds of work that are measured: point,list,insert,tx5,tx10; all when empty")
	flag.StringVar(&s.out, "out", "RESULTS.md", "the file for the results; - for the terminal")
	flag.StringVar(&s.lab.Dir, "dir", ".", "the directory of bench")
	flag.Parse()
	s.only, s.kinds = set(*only), set(*kinds)
	s.command = strings.Join(append([]string{"go run -C bench ."}, os.Args[1:]...), " ")
	return s
}

func set(list string) map[string]bool {
	out := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out[name] = true
		}
	}
	return out
}

func run(ctx context.Context) error {
	s := flags()
	r := &results{settings: s, began: time.Now(), load: load()}
	l, err := lab.Open(ctx, s.lab)
	if err != nil {
		return err
	}
	r.direct, r.server = l.DirectName, l.ServerVersion
	if err = r.measure(ctx, l); err == nil {
		r.took = time.Since(r.began)
		err = r.write(s.out)
	}
	if closed := l.Close(); err == nil {
		err = closed
	}
	return err
}

// load returns how busy the machine has been in the last minute; empty where the
// system does not tell.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
