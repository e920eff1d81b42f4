package lab

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// pin puts this process, and the server with all backends that it will start, on
// the last processor that there is for us. On two busy processors the times of a
// single goroutine would have two modes, as the scheduler likes.
func pin(backend int) error {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	last := 0
	for cpu := range 1024 {
		if set.IsSet(cpu) {
			last = cpu
		}
	}
	set.Zero()
	set.Set(last)
	// The threads that this process will start inherit it.
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	for _, t := range tasks {
		id, _ := strconv.Atoi(t.Name())
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("pin: %w", err)
		}
	}
	runtime.GOMAXPROCS(1)
	postmaster, err := parent(backend)
	if err != nil {
		return fmt.Errorf("pin: the server is not a process that we see: %w", err)
	}
	for _, id := range []int{postmaster, backend} {
		if err := unix.SchedSetaffinity(id, &set); err != nil {
			return fmt.Errorf("pin: the server: %w", err)
		}
	}
	return nil
}

// parent returns the id of the process's parent, which must be a PostgreSQL.
func parent(id int) (int, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(id) + "/stat")
	if err != nil {
		return 0, err
	}
	// The command is in parentheses, and may have spaces.
	end := strings.LastIndexByte(string(stat), ')')
	if end < 0 || !strings.Contains(string(stat[:end]), "(postgres") {
		return 0, fmt.Errorf("process %d is no PostgreSQL", id)
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 2 {
		return 0, fmt.Errorf("process %d has no parent", id)
	}
	return strconv.Atoi(fields[1])
}
