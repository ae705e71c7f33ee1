package powercut

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Image is a folder as it may be after a power cut: the bytes of each file, and nil for
// a folder, by path.
type Image map[string][]byte

// Lost is the image of a disk that kept nothing it did not have to keep.
func (d *Disk) Lost() Image { return d.image(0, func(*node) []byte { return nil }) }

// Torn is the image of a disk that had begun to write what it did not have to keep yet:
// names up to some point; of each page some state between the last that was synced and
// the one the program saw, whatever came of its neighbours; and one page in four torn
// between two of its states, at a sector. The same r gives the same image.
func (d *Disk) Torn(r *rand.Rand) Image {
	// Some cuts come when nearly everything is written, some when nearly nothing is.
	written := []float64{0.1, 0.5, 0.9, 1}[r.IntN(4)]
	kept := 0
	if n := len(d.journal); n > 0 && r.IntN(4) > 0 {
		kept = r.IntN(n + 1)
	}
	return d.image(kept, func(n *node) []byte { return n.torn(d.before+kept, written, r) })
}

// Seen is the folder as the program sees it, which is what a killed process leaves.
func (d *Disk) Seen() Image {
	image := Image{}
	for p, n := range d.names {
		image[p] = n.contents(n.seen)
	}
	delete(image, ".")
	return image
}

func (d *Disk) image(changes int, torn func(*node) []byte) Image {
	names := maps.Clone(d.kept)
	for _, c := range d.journal[:changes] {
		move(names, c)
	}
	image, done := Image{}, map[*node][]byte{}
	for _, p := range slices.Sorted(maps.Keys(names)) { // the order in which r is asked
		n := names[p]
		b, ok := done[n]
		if !ok {
			if b = torn(n); b == nil {
				b = n.kept(d.before + changes)
			}
			done[n] = b
		}
		image[p] = n.contents(b)
	}
	delete(image, ".")
	return image
}

// contents returns a copy of a file's bytes, never nil.
func (n *node) contents(b []byte) []byte {
	if n.dir {
		return nil
	}
	return append([]byte{}, b...)
}

// kept is the contents of a node of which no pending write was kept.
func (n *node) kept(changes int) []byte {
	b := n.synced
	for _, p := range n.pending {
		if p.cut > 0 && p.cut <= changes {
			b = resize(slices.Clone(b), p.offset)
		}
	}
	return b
}

// torn is the contents of a node of which some pending writes were kept.
func (n *node) torn(changes int, written float64, r *rand.Rand) []byte {
	states := map[int64]int{} // by page, how many writes there were
	for _, p := range n.pending {
		if p.cut == 0 {
			states[p.page()]++
		}
	}
	type fate struct {
		kept int // writes
		tear int // sectors of one write more
	}
	fates := map[int64]fate{}
	for _, at := range slices.Sorted(maps.Keys(states)) {
		var f fate
		switch {
		case written == 1 || r.Float64() < written*written:
			f.kept = states[at]
		case r.Float64() < written:
			f.kept = r.IntN(states[at] + 1)
		}
		if f.kept < states[at] && r.IntN(4) == 0 {
			f.tear = 1 + r.IntN(page/sector-1)
		}
		fates[at] = f
	}
	b := slices.Clone(n.synced)
	nth := map[int64]int{}
	for _, p := range n.pending {
		if p.cut > 0 {
			if p.cut <= changes {
				b = resize(b, p.offset)
			}
			continue
		}
		at := p.page()
		f := fates[at]
		switch i := nth[at]; {
		case i < f.kept:
			b = p.put(b)
		case i == f.kept && f.tear > 0:
			if whole := at*page + int64(f.tear)*sector - p.offset; whole > 0 {
				p.data = p.data[:min(int64(len(p.data)), whole)]
				b = p.put(b)
			}
		}
		nth[at]++
	}
	return b
}

// Diff says where two images differ first, or nothing.
func (m Image) Diff(other Image) string {
	both := maps.Clone(m)
	maps.Copy(both, other)
	for _, p := range slices.Sorted(maps.Keys(both)) {
		a, isA := m[p]
		b, isB := other[p]
		switch {
		case !isA || !isB:
			return fmt.Sprintf("%s is in one of them only", p)
		case (a == nil) != (b == nil):
			return fmt.Sprintf("%s is a folder in one of them only", p)
		case !bytes.Equal(a, b):
			at := 0
			for at < min(len(a), len(b)) && a[at] == b[at] {
				at++
			}
			return fmt.Sprintf("%s has %d and %d bytes, and differs from byte %d on", p, len(a), len(b), at)
		}
	}
	return ""
}

// Write makes the image's folders and files below dir.
func (m Image) Write(dir string) error {
	for _, p := range slices.Sorted(maps.Keys(m)) { // a folder before what is in it
		path := filepath.Join(dir, filepath.FromSlash(p))
		var err error
		if m[p] == nil {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = os.WriteFile(path, m[p], 0o644)
		}
		if err != nil {
			return fmt.Errorf("write image: %w", err)
		}
	}
	return nil
}

// ReadImage reads a folder.
func ReadImage(dir string) (Image, error) {
	image := Image{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			image[filepath.ToSlash(rel)] = nil
			return nil
		}
		b, err := os.ReadFile(path)
		image[filepath.ToSlash(rel)] = append([]byte{}, b...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read folder: %w", err)
	}
	return image, nil
}
