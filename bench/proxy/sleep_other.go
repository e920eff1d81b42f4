//go:build !linux

package proxy

import "time"

func exactTimers() func() { return func() {} }

func sleepUntil(due time.Time) { time.Sleep(time.Until(due)) }
