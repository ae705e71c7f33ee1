//go:build !linux

package isolate

// limitMemory has nothing to cap by here; the collector's limit is set already.
func limitMemory(uint64) error { return nil }
