//go:build !linux

package isolate

import "os"

// peakOf cannot tell here.
func peakOf(int) int64 { return 0 }

// peakAfter cannot tell here.
func peakAfter(*os.ProcessState) int64 { return 0 }
