package isolate

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// peakOf returns the most memory a process has held resident, in bytes, or 0 when it is
// gone.
func peakOf(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest[:min(len(rest), 32)])
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// peakAfter is peakOf for a child that has ended, as far as that can be told, or 0. Linux
// starts a child's figure with the peak of its parent, whose memory it shares until it
// becomes a program of its own; only more than that is the child's.
func peakAfter(state *os.ProcessState) int64 {
	if state == nil {
		return 0
	}
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if peak := usage.Maxrss << 10; peak > peakOf(os.Getpid()) {
		return peak
	}
	return 0
}
