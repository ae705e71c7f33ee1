//go:build unix

package eval

import (
	"syscall"
	"time"
)

// cpuTime is the processor time the process has used, on all cores together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
