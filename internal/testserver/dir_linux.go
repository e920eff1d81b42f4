package testserver

import (
	"bufio"
	"fmt"
	"os"
	"syscall"
)

const (
	memory = "/dev/shm"
	// room is what has to be free there, and of the memory itself.
	room = 4 << 30
)

// memoryDir returns a directory that is held in memory, where that has room, and
// programs in it can be run; else none.
func memoryDir() string {
	var fs syscall.Statfs_t
	const tmpfs, noExec = 0x01021994, 0x8
	if syscall.Statfs(memory, &fs) != nil || int64(fs.Type) != tmpfs || int64(fs.Flags)&noExec != 0 || fs.Bavail*uint64(fs.Bsize) < room || available() < room {
		return ""
	}
	return memory
}

// available is how many bytes of memory can be had; zero when it is not known.
func available() uint64 {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var kilobytes uint64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}
