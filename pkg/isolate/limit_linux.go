package isolate

import "golang.org/x/sys/unix"

// limitMemory caps what the process can allocate. RLIMIT_DATA counts what is written
// to, where RLIMIT_AS counts addresses, of which a Go program reserves gigabytes before
// main.
func limitMemory(bytes uint64) error {
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: bytes, Max: bytes})
}
