package proxy

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// exactTimers makes sleepUntil exact on this goroutine, until the returned function
// is called. Go's own timers wake up to a millisecond late when nothing else runs.
func exactTimers() func() {
	runtime.LockOSThread()
	// The default is 50 µs, a tenth of what is to be waited.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	// Not unlocked: the thread ends with its goroutine and takes the slack along.
	return func() {}
}

func sleepUntil(due time.Time) {
	for {
		left := time.Until(due)
		if left <= 0 {
			return
		}
		ts := unix.NsecToTimespec(int64(left))
		_ = unix.Nanosleep(&ts, nil) // interrupted, it goes round again
	}
}
