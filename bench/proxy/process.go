package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// command is the argument with which the program runs as a proxy.
const command = "proxy-process"

// Process is a proxy in a process of its own, so that what it does is not done by
// the client that is measured. It is made by Start, and is for one goroutine.
type Process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	port  int
}

// Main runs the program as a proxy, and does not return, if Start has started it
// for that. It is the first thing that main calls.
func Main() {
	if len(os.Args) != 5 || os.Args[1] != command {
		return
	}
	delay, err := time.ParseDuration(os.Args[4])
	if err == nil {
		err = serve(os.Args[2], os.Args[3], delay)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve prints the port, and the turns for each line that it reads, until there are
// no more.
func serve(network, target string, delay time.Duration) error {
	p, err := Listen(network, target, delay)
	if err != nil {
		return err
	}
	fmt.Println(p.Port())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Println(p.Turns())
	}
	return p.Close()
}

// Start starts the program once more, as a proxy to the server at the address. The
// caller closes it; it also ends when the caller's process does.
func Start(network, target string, delay time.Duration) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: exec.Command(self, command, network, target, delay.String())}
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	port, err := p.number()
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.port = int(port)
	return p, nil
}

// Port returns the port that clients connect to.
func (p *Process) Port() int { return p.port }

// Turns is Proxy.Turns.
func (p *Process) Turns() (int64, error) {
	if _, err := io.WriteString(p.stdin, "\n"); err != nil {
		return 0, err
	}
	return p.number()
}

func (p *Process) number() (int64, error) {
	if !p.lines.Scan() {
		return 0, errors.Join(errors.New("proxy: the process has ended"), p.lines.Err())
	}
	return strconv.ParseInt(strings.TrimSpace(p.lines.Text()), 10, 64)
}

// Close ends the process.
func (p *Process) Close() error {
	_ = p.stdin.Close()
	return p.cmd.Wait()
}
