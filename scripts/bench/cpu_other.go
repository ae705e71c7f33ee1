//go:build !unix

package main

import "time"

var loaded = time.Now()

// cpuTime is the time by the clock: the best there is here.
func cpuTime() time.Duration { return time.Since(loaded) }
