//go:build unix

package bench

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// cpuTime returns the processor time this process has used.
func cpuTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only for a bad argument
	return u
}

// resetPeak makes peakRSS count anew. Only Linux can; elsewhere the peak is that of
// the whole run so far.
func resetPeak() {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // best effort
}

// peakRSS returns the most memory this process had resident, in bytes.
func peakRSS() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if _, rest, ok := bytes.Cut(status, []byte("\nVmHWM:")); ok {
			if f := bytes.Fields(rest); len(f) > 0 {
				if kib, err := strconv.ParseInt(string(f[0]), 10, 64); err == nil {
					return kib << 10
				}
			}
		}
	}
	peak := int64(usage().Maxrss)
	if runtime.GOOS == "darwin" {
		return peak // in bytes there
	}
	return peak << 10
}
