package crf

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/copydesk/copydesk/pkg/text"
)

// A model file is
//
//	magic      8 bytes, "cdnames\n"
//	format     1 byte, fileFormat
//	tokeniser  1 byte length, text.Version of the tokens it was trained on
//	features   1 byte, featureVersion
//	checksum   32 bytes, SHA-256 of all that follows
//	bits       1 byte, the logarithm of the number of feature hashes
//	sizes      3 uint32: rows, bytes of weights, words in clusters
//	body       a zstd frame: the passes, the clusters, then the rows in columns
//
// with little-endian numbers. A pass is its scale and its moves by label before and
// label, float32; the temper follows them. Words are in the order of their hashes, each
// as the varint difference to the one before; then their clusters, uint16. Rows are in
// order too: the varint differences, 5 bytes for each that say which of its weights are
// not zero (a bit for each label, first pass first), and those weights, int8.
const (
	magic      = "cdnames\n"
	fileFormat = 1
	// featureVersion changes with the meaning of any feature: weights for other ones
	// would be read without an error and be worthless.
	featureVersion = 1
)

// Limits on what a file may claim.
const (
	maxBits  = 24
	maxWords = 1 << 22
)

// ErrFormat says that data are no model that this version can read.
var ErrFormat = errors.New("not a model of this version")

// Pack writes weights in the format that ReadModel reads. Those below prune (in absolute
// value) are left out, the others are rounded to steps of limit/127 and cut at limit.
func Pack(c *Clusters, w *Weights, prune, limit float32) ([]byte, error) {
	body := w.body(c, prune, limit)
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	tail := []byte{byte(w.Bits)}
	tail = binary.LittleEndian.AppendUint32(tail, uint32(body.rows))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(body.weights))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(c.Len()))
	tail = packer.EncodeAll(body.data, tail)
	sum := sha256.Sum256(tail)
	return slices.Concat(head(), sum[:], tail), nil
}

// head is what every file that this version reads begins with.
func head() []byte {
	h := append([]byte(magic), fileFormat, byte(len(text.Version)))
	h = append(h, text.Version...)
	return append(h, featureVersion)
}

type body struct {
	data          []byte
	rows, weights int
}

// maskBytes is the length of the bits that say which weights of a row are not zero.
const maskBytes = 5 // 2*Labels bits

func (w *Weights) body(c *Clusters, prune, limit float32) body {
	var b body
	number := func(f float32) { b.data = binary.LittleEndian.AppendUint32(b.data, math.Float32bits(f)) }
	for p := range w.W {
		number(limit / 127)
		for _, row := range w.Moves[p] {
			for _, v := range row {
				number(v)
			}
		}
	}
	number(w.Temper)

	words := make([]clusterSlot, 0, c.Len())
	for _, s := range c.slots {
		if s.taken {
			words = append(words, s)
		}
	}
	slices.SortFunc(words, func(a, b clusterSlot) int { return int(int64(a.word) - int64(b.word)) })
	before := uint32(0)
	for _, s := range words {
		b.data = binary.AppendUvarint(b.data, uint64(s.word-before))
		before = s.word
	}
	for _, s := range words {
		b.data = binary.LittleEndian.AppendUint16(b.data, s.cluster)
	}

	var masks, weights []byte
	last := 0
	for r := range 1 << w.Bits {
		mask := uint64(0)
		for i := range 2 * Labels {
			if q := small(w.W[i/Labels][r*Labels+i%Labels], prune, limit); q != 0 {
				mask |= 1 << i
				weights = append(weights, byte(q))
			}
		}
		if mask != 0 {
			b.data = binary.AppendUvarint(b.data, uint64(r-last))
			last = r
			masks = append(masks, binary.LittleEndian.AppendUint64(nil, mask)[:maskBytes]...)
			b.rows++
		}
	}
	b.weights = len(weights)
	b.data = append(append(b.data, masks...), weights...)
	return b
}

// ReadModel reads a model. Data that are damaged, foreign or made for another version
// of the tokeniser or the features are an ErrFormat.
func ReadModel(data []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(data, head())
	if !ok || len(rest) < sha256.Size+13 {
		return nil, fmt.Errorf("read names model: %w", ErrFormat)
	}
	sum, tail := rest[:sha256.Size], rest[sha256.Size:]
	if got := sha256.Sum256(tail); !bytes.Equal(got[:], sum) {
		return nil, fmt.Errorf("read names model: %w: checksum is wrong", ErrFormat)
	}
	m, err := readBody(tail)
	if err != nil {
		return nil, fmt.Errorf("read names model: %w: %w", ErrFormat, err)
	}
	return m, nil
}

var (
	errShort  = errors.New("it ends too soon")
	errClaims = errors.New("its sizes are impossible")
)

func readBody(tail []byte) (*Model, error) {
	b := uint(tail[0])
	rows := int(binary.LittleEndian.Uint32(tail[1:]))
	weights := int(binary.LittleEndian.Uint32(tail[5:]))
	words := int(binary.LittleEndian.Uint32(tail[9:]))
	if b > maxBits || rows > 1<<b || weights > 2*Labels*rows || words > maxWords {
		return nil, errClaims
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20+uint64(12*rows+weights+7*words)))
	if err != nil {
		return nil, err
	}
	defer unpacker.Close()
	data, err := unpacker.DecodeAll(tail[13:], make([]byte, 0, 10*rows+weights+7*words+1<<12))
	if err != nil {
		return nil, err
	}
	return parse(data, b, rows, weights, words)
}

// parse takes an unpacked body apart.
func parse(data []byte, b uint, rows, weights, words int) (*Model, error) {
	in := reader{data: data}
	m := &Model{mask: 1<<b - 1}
	for p := range m.pass {
		m.pass[p].scale = in.float()
		for i := range m.pass[p].moves {
			for j := range m.pass[p].moves[i] {
				m.pass[p].moves[i][j] = in.float()
			}
		}
	}
	m.temper = in.float()
	m.weighMoves()
	m.Clusters = in.clusters(words)
	m.rows = in.rows(b, rows, weights)
	if in.err != nil {
		return nil, in.err
	}
	if len(in.data) > 0 {
		return nil, errClaims
	}
	return m, nil
}

// reader takes a body apart. After an error it reads zeros.
type reader struct {
	data []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if n > len(r.data) {
		r.err = errShort
		return make([]byte, n)
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) float() float32 { return math.Float32frombits(binary.LittleEndian.Uint32(r.take(4))) }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.err = errShort
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) clusters(n int) *Clusters {
	c := NewClusters(n)
	hashes := make([]uint32, n)
	last := uint32(0)
	for i := range hashes {
		last += uint32(r.uvarint())
		hashes[i] = last
	}
	ids := r.take(2 * n)
	for i, h := range hashes {
		id := binary.LittleEndian.Uint16(ids[2*i:])
		if id >= 1<<clusterBits {
			r.err = errClaims
			return c
		}
		c.add(h, id)
	}
	return c
}

func (r *reader) rows(b uint, n, weights int) []uint64 {
	if r.err != nil {
		return nil
	}
	table := emptyRows(b)
	at := make([]uint32, n)
	last := uint64(0)
	for i := range at {
		last += r.uvarint()
		if last >= 1<<b {
			r.err = errClaims
			return nil
		}
		at[i] = uint32(last)
	}
	masks, values := r.take(maskBytes*n), r.take(weights)
	for i, k := range at {
		row := table[k*4:][:4:4]
		mask := uint64(binary.LittleEndian.Uint32(masks[maskBytes*i:])) | uint64(masks[maskBytes*i+4])<<32
		if bits.OnesCount64(mask) > len(values) {
			r.err = errClaims
			return nil
		}
		for p := range 2 {
			given := mask >> (p * Labels) & (1<<Labels - 1)
			row[2*p], row[2*p+1] = lanesOf(given, values)
			values = values[bits.OnesCount64(given):]
		}
	}
	if len(values) > 0 {
		r.err = errClaims
	}
	return table
}
