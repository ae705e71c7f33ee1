package powercut

import (
	"fmt"
	"path"
	"slices"
	"sort"
)

// page is what a disk takes or loses as one, and sector what a tear leaves whole.
const (
	page   = 4096
	sector = 512
)

// Disk is a folder as the program sees it, and as a disk has to have it.
type Disk struct {
	names   map[string]*node // as the program sees them
	handles map[int]*handle

	// The names a disk has for certain, the changes since, and how many were before.
	kept    map[string]*node
	journal []change
	before  int
	ended   []int // where each change of the journal ended
}

// node is a file or a folder.
type node struct {
	dir     bool
	seen    []byte // as the program sees it
	synced  []byte
	pending []piece
	touched []touch
}

// piece is a part of a write that lies in one page, or a cut of the length.
type piece struct {
	ended  int
	offset int64
	data   []byte
	cut    int // the change of the length in the journal, from 1 on; 0 for a write
}

func (p piece) page() int64 { return p.offset / page }

// touch says that syncing the node keeps the journal's first changes, for a change of
// the node that ended at a place.
type touch struct{ ended, changes int }

// handle is an open file.
type handle struct {
	node   *node
	at     int64
	flags  Flags
	opened int // where
}

// change is one of the journal.
type change struct {
	kind     Kind // Open for a file made, Mkdir, Rename, Link, Remove, Truncate
	path, to string
	node     *node
}

// NewDisk returns the disk of an empty folder, synced.
func NewDisk() *Disk {
	root := &node{dir: true}
	return &Disk{names: map[string]*node{".": root}, kept: map[string]*node{".": root}, handles: map[int]*handle{}}
}

// Apply takes in a call. An error means that the log and the model do not agree.
func (d *Disk) Apply(c Call) error {
	if err := d.apply(c); err != nil {
		return fmt.Errorf("%s %s at %d: %w", c.Kind, c.Path, c.Ended, err)
	}
	return nil
}

func (d *Disk) apply(c Call) error {
	switch c.Kind {
	case Mark:
		return nil
	case Open:
		return d.open(c)
	case Mkdir:
		if d.names[c.Path] != nil {
			return fmt.Errorf("the name is taken: %w", errUnmodelled)
		}
		n := &node{dir: true}
		d.names[c.Path] = n
		d.change(c, Mkdir, n)
		return nil
	case Rename, Link, Remove:
		return d.name(c)
	}
	h, err := d.handle(c)
	if err != nil {
		return err
	}
	switch c.Kind {
	case Close:
		// The number is free before the call has ended: another thread's open may have it.
		if h.opened < c.Began {
			delete(d.handles, c.FD)
		}
	case Seek:
		h.at = c.Offset
	case Truncate:
		d.cut(c, h.node, c.Offset)
	case Write:
		d.write(c, h)
	case Sync:
		d.sync(h.node, c.Began, func(p piece) bool { return p.ended < c.Began })
	default:
		return errUnmodelled
	}
	return nil
}

func (d *Disk) handle(c Call) (*handle, error) {
	if c.Kind == Truncate && c.FD < 0 {
		if n := d.names[c.Path]; n != nil {
			return &handle{node: n}, nil
		}
	}
	h := d.handles[c.FD]
	if h == nil {
		return nil, fmt.Errorf("descriptor %d is not open: %w", c.FD, errUnmodelled)
	}
	return h, nil
}

func (d *Disk) open(c Call) error {
	n := d.names[c.Path]
	switch {
	case n == nil && !c.Flags.Create:
		return fmt.Errorf("no such file: %w", errUnmodelled)
	case n == nil:
		n = &node{}
		d.names[c.Path] = n
		d.change(c, Open, n)
	case c.Flags.Truncate && len(n.seen) > 0:
		d.cut(c, n, 0)
	}
	d.handles[c.FD] = &handle{node: n, flags: c.Flags, opened: c.Ended}
	return nil
}

func (d *Disk) name(c Call) error {
	n := d.names[c.Path]
	if n == nil {
		return fmt.Errorf("no such file: %w", errUnmodelled)
	}
	move(d.names, change{c.Kind, c.Path, c.To, n})
	d.change(c, c.Kind, n)
	return nil
}

// change adds to the journal, and to what syncing the node and its folder keep.
func (d *Disk) change(c Call, kind Kind, n *node) {
	d.journal = append(d.journal, change{kind, c.Path, c.To, n})
	d.ended = append(d.ended, c.Ended)
	changes := d.before + len(d.journal)
	n.touch(c.Ended, changes)
	if kind == Truncate {
		return
	}
	for _, p := range []string{c.Path, c.To} {
		if dir := d.names[path.Dir(p)]; p != "" && dir != nil {
			dir.touch(c.Ended, changes)
		}
	}
}

func (n *node) touch(ended, changes int) {
	if last := len(n.touched) - 1; last >= 0 && n.touched[last].changes >= changes {
		return
	}
	n.touched = append(n.touched, touch{ended, changes})
}

// changes returns how many changes of names had ended before a place.
func (d *Disk) changes(place int) int { return d.before + sort.SearchInts(d.ended, place) }

func (d *Disk) cut(c Call, n *node, length int64) {
	n.seen = resize(n.seen, length)
	d.change(c, Truncate, n)
	n.pending = append(n.pending, piece{ended: c.Ended, offset: length, cut: d.before + len(d.journal)})
}

func (d *Disk) write(c Call, h *handle) {
	n, at := h.node, c.Offset
	if at < 0 {
		at = h.at
		if h.flags.Append {
			at = int64(len(n.seen))
		}
		h.at = at + int64(len(c.Data))
	} else if h.flags.Append {
		at = int64(len(n.seen)) // as Linux does
	}
	end := at + int64(len(c.Data))
	if end > int64(len(n.seen)) {
		n.seen = resize(n.seen, end)
		// The length is the journal's too, but no sooner than the write.
		n.touch(c.Ended, d.changes(c.Began))
	}
	copy(n.seen[at:], c.Data)
	first, last := at/page, (end-1)/page
	for data := c.Data; len(data) > 0; {
		size := min(int64(len(data)), page-at%page)
		n.pending = append(n.pending, piece{ended: c.Ended, offset: at, data: data[:size]})
		at, data = at+size, data[size:]
	}
	if h.flags.Sync && len(c.Data) > 0 {
		d.sync(n, c.Ended+1, func(p piece) bool { return p.page() >= first && p.page() <= last })
	}
}

// sync keeps the pieces that it covers, and the journal up to the node's last change
// before a place.
func (d *Disk) sync(n *node, place int, covers func(piece) bool) {
	for i := len(n.touched) - 1; i >= 0; i-- {
		if t := n.touched[i]; t.ended < place {
			d.keep(t.changes)
			n.touched = slices.Delete(n.touched, 0, i)
			break
		}
	}
	left := n.pending[:0]
	for _, p := range n.pending {
		switch {
		case p.cut > 0 && p.cut <= d.before:
			n.synced = resize(n.synced, p.offset)
			left = clip(left, p.offset)
		case p.cut == 0 && covers(p):
			n.synced = p.put(n.synced)
		default:
			left = append(left, p)
		}
	}
	n.pending = left
}

// put writes the piece.
func (p piece) put(b []byte) []byte {
	if end := p.offset + int64(len(p.data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	copy(b[p.offset:], p.data)
	return b
}

// clip takes away what pieces have beyond a length.
func clip(pieces []piece, length int64) []piece {
	out := pieces[:0]
	for _, p := range pieces {
		if p.cut == 0 {
			if p.offset >= length {
				continue
			}
			p.data = p.data[:min(int64(len(p.data)), length-p.offset)]
		}
		out = append(out, p)
	}
	return out
}

// keep makes the journal's first changes certain.
func (d *Disk) keep(changes int) {
	n := changes - d.before
	if n <= 0 {
		return
	}
	for _, c := range d.journal[:n] {
		move(d.kept, c)
	}
	d.journal, d.ended, d.before = d.journal[n:], d.ended[n:], changes
}

// move carries out a change of names.
func move(names map[string]*node, c change) {
	switch c.kind {
	case Open, Mkdir:
		names[c.path] = c.node
	case Remove:
		delete(names, c.path)
	case Link:
		names[c.to] = c.node
	case Rename:
		if c.node.dir {
			for _, p := range below(names, c.path) {
				names[c.to+p[len(c.path):]] = names[p]
				delete(names, p)
			}
		}
		delete(names, c.path)
		names[c.to] = c.node
	}
}

func below(names map[string]*node, dir string) []string {
	var out []string
	for p := range names {
		if len(p) > len(dir) && p[:len(dir)] == dir && p[len(dir)] == '/' {
			out = append(out, p)
		}
	}
	return out
}

func resize(b []byte, length int64) []byte {
	if length <= int64(len(b)) {
		return b[:length:length]
	}
	return append(b, make([]byte, length-int64(len(b)))...)
}
