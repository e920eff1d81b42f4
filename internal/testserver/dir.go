package testserver

import "os"

// MakeDir makes a directory for a server and its data. It is in memory where there is
// room: tests make and remove hundreds of databases of hundreds of files, and on
// ext4 a file that is made soon after others were removed takes many times longer.
func MakeDir(pattern string) (string, error) {
	if memory := memoryDir(); memory != "" {
		if dir, err := os.MkdirTemp(memory, pattern); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", pattern)
}
