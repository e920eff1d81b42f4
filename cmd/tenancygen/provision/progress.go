package provision

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how much of long work is done: as a bar on a terminal, else as a
// line for every tenth of it.
type progress struct {
	bar         *progressbar.ProgressBar
	out         io.Writer
	done, total int
	told        int // tenths
}

func newProgress(out io.Writer, columns, total int) *progress {
	p := &progress{out: out, total: total}
	if columns > 0 && total > 0 {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("tenants"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

func (p *progress) add() {
	p.done++
	if p.bar != nil {
		_ = p.bar.Add(1)
		return
	}
	if tenths := p.done * 10 / p.total; tenths > p.told {
		p.told = tenths
		fmt.Fprintf(p.out, "%d of %d tenants\n", p.done, p.total)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
