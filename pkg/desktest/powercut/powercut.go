// Package powercut finds out what a program's files are after a power cut, without
// cutting power. Record runs the program under strace and keeps every call that changes
// a file below one folder, with its bytes and in its order. A Disk takes in the calls up
// to a point and knows what a disk had to have by then; its images are what a machine
// may find when it comes up again. Copying the folder of a killed process shows none of
// this: the kernel still has what was never synced.
//
// # What a disk keeps
//
// The contents of a file are what the last fsync, fdatasync or write under O_SYNC left.
// What was written since is lost or not, page by page, whatever its order, and a page may
// be torn between two of its states. A sync covers only what had been written when it
// was called.
//
// Names (files made, renamed, linked and removed, and lengths cut) form one journal,
// which is kept from its beginning up to some point. Syncing a file keeps the journal up
// to the file's last change of its own, be it of its name or its length, and so its name
// too; syncing a folder, up to the last change in it. That is what ext4, XFS and btrfs do:
// a transaction of their journal or log is never without those before it. POSIX itself
// promises a name only after a sync of its folder, and no server is tested under that rule
// here.
//
// A disk that says it has synced and has not, and one that forgets what it had, are not
// in the model.
package powercut

import "time"

// Kind is what a call does.
type Kind string

// The kinds of calls.
const (
	Open     Kind = "open"
	Close    Kind = "close"
	Seek     Kind = "seek"
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Sync     Kind = "sync"
	Rename   Kind = "rename"
	Link     Kind = "link"
	Remove   Kind = "remove"
	Mkdir    Kind = "mkdir"
	Mark     Kind = "mark"
)

// Call is one call that changed a file, or a mark that the program's surroundings set.
type Call struct {
	Kind Kind
	// Began and Ended are where in the order of all calls it was entered and left: a call
	// that ended before another began had happened before it.
	Began, Ended int
	// Time is when it ended, or a little before: when it began, if nothing came between.
	Time time.Time

	FD       int
	Path, To string // relative to the folder; To is a rename's or a link's
	Flags    Flags  // of Open
	Offset   int64  // of Write, -1 for where the file stands; of Seek and Truncate
	Data     []byte // of Write and Mark
}

// Flags are those of an open file that matter here.
type Flags struct {
	Create, Truncate, Append, Sync bool
}
