package dedupe

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder writes numbers and keeps the first error.
type encoder struct {
	w   *bufio.Writer
	sum uint32
	err error
	buf [8]byte
	raw []byte
}

func (e *encoder) bytes(b []byte) {
	if e.err == nil {
		e.sum = crc32.Update(e.sum, castagnoli, b)
		_, e.err = e.w.Write(b)
	}
}

func (e *encoder) u16(v uint16) { e.bytes(binary.LittleEndian.AppendUint16(e.buf[:0], v)) }
func (e *encoder) u32(v uint32) { e.bytes(binary.LittleEndian.AppendUint32(e.buf[:0], v)) }
func (e *encoder) u64(v uint64) { e.bytes(binary.LittleEndian.AppendUint64(e.buf[:0], v)) }

func (e *encoder) string(s string) {
	e.u16(uint16(len(s)))
	e.bytes([]byte(s))
}

func (e *encoder) document(v view) {
	b := e.raw[:0]
	le := binary.LittleEndian
	b = le.AppendUint64(b, uint64(v.received))
	b = le.AppendUint32(b, uint32(v.times.published))
	b = le.AppendUint32(b, uint32(v.times.modified))
	b = append(b, flag(v.times.live))
	b = le.AppendUint64(b, v.seq)
	b = le.AppendUint64(b, v.hash)
	for _, n := range [...]uint32{v.chain, v.version, v.words, v.total, v.headline} {
		b = le.AppendUint32(b, n)
	}
	b = append(b, flag(v.stub), flag(v.removed))
	for _, l := range [...]Hashes{v.fingerprints, v.figures, v.lead, v.names, v.paragraphs} {
		b = le.AppendUint16(b, uint16(len(l)))
		for _, h := range l {
			b = le.AppendUint32(b, h)
		}
	}
	e.bytes(b)
	e.raw = b
}

func (e *encoder) times(t times) {
	e.u32(uint32(t.published))
	e.u32(uint32(t.modified))
	e.bytes([]byte{flag(t.live)})
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// decoder reads numbers and keeps the first error, after which all are 0.
type decoder struct {
	r   *bufio.Reader
	sum uint32
	err error
	buf [8]byte
	raw []byte
}

func (d *decoder) fail(why string) {
	if d.err == nil {
		d.err = errors.New(why)
	}
}

func (d *decoder) bytes(b []byte) {
	if d.err == nil {
		_, d.err = io.ReadFull(d.r, b)
	}
	if d.err != nil {
		clear(b)
		return
	}
	d.sum = crc32.Update(d.sum, castagnoli, b)
}

func (d *decoder) u16() uint16 {
	d.bytes(d.buf[:2])
	return binary.LittleEndian.Uint16(d.buf[:])
}

func (d *decoder) u32() uint32 {
	d.bytes(d.buf[:4])
	return binary.LittleEndian.Uint32(d.buf[:])
}

func (d *decoder) u64() uint64 {
	d.bytes(d.buf[:8])
	return binary.LittleEndian.Uint64(d.buf[:])
}

func (d *decoder) flag() bool {
	d.bytes(d.buf[:1])
	return d.buf[0] == 1
}

// count reads a number of things.
func (d *decoder) count() int { return int(d.u64() & (1<<40 - 1)) }

// roomFor is how many things are made ready for: a damaged image may promise any number.
func roomFor(n int) int { return min(n, 1<<22) }

func (d *decoder) string() string {
	b := make([]byte, d.u16())
	d.bytes(b)
	return string(b)
}

func (d *decoder) times() times {
	return times{published: int32(d.u32()), modified: int32(d.u32()), live: d.flag()}
}

func (d *decoder) document(lists *[5]Hashes) (doc document) {
	doc.received, doc.times = int64(d.u64()), d.times()
	doc.seq, doc.hash = d.u64(), d.u64()
	doc.chain, doc.version, doc.words, doc.total, doc.headline = d.u32(), d.u32(), d.u32(), d.u32(), d.u32()
	doc.stub, doc.removed = d.flag(), d.flag()
	for i := range lists {
		n := int(d.u16())
		d.raw = slices.Grow(d.raw[:0], 4*n)[:4*n]
		d.bytes(d.raw)
		lists[i] = lists[i][:0]
		for j := range n {
			lists[i] = append(lists[i], binary.LittleEndian.Uint32(d.raw[4*j:]))
		}
	}
	return doc
}
