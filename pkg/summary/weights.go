package summary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Weights are what a Ranker has learnt.
type Weights struct {
	// Name is the ranker's name and version, as Summary.Model gives it.
	Name string
	// Terms are hashes of terms, ascending, Counts the articles of Articles that have
	// each.
	Terms    []uint32
	Counts   []uint16
	Articles int
	// Text rates a sentence among several, Line one that must do alone.
	Text, Line Forest
	// Seen are fingerprints of the articles learnt from, ascending.
	Seen []uint64
}

// Forest is a list of trees whose leaves are added up, and what they are added to.
type Forest struct {
	Base  float32
	Trees []Tree
}

// Tree is a list of nodes, the root first, at most four splits deep.
type Tree []Node

// Node sends a sentence to the node Left of its tree, or when its Feature is greater
// than Value, to the one behind that. Feature -1 is a leaf, which gives its Value.
type Node struct {
	Feature, Left int
	Value         float32
}

// NewRanker makes a ranker of weights.
func NewRanker(w *Weights) (*Ranker, error) {
	if len(w.Terms) != len(w.Counts) {
		return nil, errors.New("as many counts as terms")
	}
	k := &Ranker{name: w.Name, rarity: newIDF(w.Terms, w.Counts, w.Articles), seen: make(map[uint64]bool, len(w.Seen))}
	for _, f := range w.Seen {
		k.seen[f] = true
	}
	var err error
	if k.text, err = planted(w.Text); err != nil {
		return nil, err
	}
	if k.line, err = planted(w.Line); err != nil {
		return nil, err
	}
	return k, nil
}

const leaf = -1

// magic opens a file of weights.
const magic = "CDSW1\n"

var errWeights = errors.New("not a file of summary weights, or a damaged one")

// Encode returns the weights as a file: numbers in little-endian order and a checksum
// at the end. The same weights give the same bytes.
func (w *Weights) Encode() []byte {
	b := []byte(magic)
	u32 := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	u32(len(w.Name))
	b = append(b, w.Name...)
	u32(numFeatures)
	u32(w.Articles)
	u32(len(w.Terms))
	for i := range w.Terms {
		u32(int(w.Terms[i]))
	}
	for _, c := range w.Counts {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	for _, f := range []Forest{w.Text, w.Line} {
		u32(int(math.Float32bits(f.Base)))
		u32(len(f.Trees))
		for _, t := range f.Trees {
			u32(len(t))
			for _, n := range t {
				b = append(b, byte(n.Feature))
				if n.Feature != leaf {
					b = binary.LittleEndian.AppendUint16(b, uint16(n.Left))
				}
				u32(int(math.Float32bits(n.Value)))
			}
		}
	}
	u32(len(w.Seen))
	for _, f := range w.Seen {
		b = binary.LittleEndian.AppendUint64(b, f)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// Decode reads what Encode wrote.
func Decode(file []byte) (*Weights, error) {
	if len(file) < len(magic)+4 || string(file[:len(magic)]) != magic {
		return nil, errWeights
	}
	body := file[:len(file)-4]
	if binary.LittleEndian.Uint32(file[len(body):]) != crc32.ChecksumIEEE(body) {
		return nil, errWeights
	}
	d := &decoder{b: body[len(magic):]}
	w := &Weights{Name: string(d.bytes(d.count(1)))}
	if n := d.u32(); d.err == nil && n != numFeatures {
		return nil, fmt.Errorf("weights for %d features, there are %d: train again", n, numFeatures)
	}
	w.Articles = int(d.u32())
	n := d.count(6)
	for range n {
		w.Terms = append(w.Terms, d.u32())
	}
	for range n {
		w.Counts = append(w.Counts, binary.LittleEndian.Uint16(d.bytes(2)))
	}
	for _, f := range []*Forest{&w.Text, &w.Line} {
		f.Base = math.Float32frombits(d.u32())
		for range d.count(4) {
			t := make(Tree, d.count(5))
			for i := range t {
				t[i].Feature = int(int8(d.bytes(1)[0]))
				if t[i].Feature != leaf {
					t[i].Left = int(binary.LittleEndian.Uint16(d.bytes(2)))
				}
				t[i].Value = math.Float32frombits(d.u32())
			}
			f.Trees = append(f.Trees, t)
		}
	}
	for range d.count(8) {
		w.Seen = append(w.Seen, binary.LittleEndian.Uint64(d.bytes(8)))
	}
	return w, d.err
}

// decoder reads numbers. Behind the end it reads zeros and remembers that.
type decoder struct {
	b   []byte
	err error
}

var zeros [8]byte

func (d *decoder) bytes(n int) []byte {
	if n > len(d.b) {
		d.err = errWeights
		d.b = nil
		return zeros[:min(n, len(zeros))]
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) u32() uint32 { return binary.LittleEndian.Uint32(d.bytes(4)) }

// count reads the number of things that take at least size bytes each.
func (d *decoder) count(size int) int {
	n := int(d.u32())
	if n > len(d.b)/size {
		d.err = errWeights
		d.b = nil
		return 0
	}
	return n
}
