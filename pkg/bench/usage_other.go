//go:build !unix

package bench

import "time"

// cpuTime is not known here: figures of it are 0.
func cpuTime() time.Duration { return 0 }

func resetPeak() {}

// peakRSS is not known here.
func peakRSS() int64 { return 0 }
