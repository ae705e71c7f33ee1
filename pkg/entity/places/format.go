package places

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

//go:embed cities.places
var cities []byte

// Cities is the embedded base. It is unpacked when it is first asked for.
var Cities = sync.OnceValue(func() *Base {
	b, err := Read(cities)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return b
})

// The file: the magic with the version in its last byte, the SHA-256 of what follows
// unpacked, then gzip of the records, 19 bytes each in little endian, in the order of
// their keys.
const (
	magic      = "CDPLACE\x01"
	recordSize = 19
	// mostRecords bounds what a damaged file can make of memory: 20 MB.
	mostRecords = 1 << 20
)

// ErrFormat says that a file is no base of places of this version, or is damaged.
var ErrFormat = errors.New("no base of places")

// Write writes a base. The same base gives the same bytes.
func (b *Base) Write(w io.Writer) error {
	var raw bytes.Buffer
	for _, r := range b.records {
		var line [recordSize]byte
		binary.LittleEndian.PutUint64(line[0:], r.key)
		binary.LittleEndian.PutUint32(line[8:], r.population)
		binary.LittleEndian.PutUint16(line[12:], uint16(r.lat))
		binary.LittleEndian.PutUint16(line[14:], uint16(r.lon))
		copy(line[16:], r.country[:])
		if r.other {
			line[18] = 1
		}
		raw.Write(line[:])
	}
	sum := sha256.Sum256(raw.Bytes())
	if _, err := w.Write(append([]byte(magic), sum[:]...)); err != nil {
		return fmt.Errorf("write places: %w", err)
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("write places: %w", err)
	}
	if _, err := z.Write(raw.Bytes()); err != nil {
		return fmt.Errorf("write places: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write places: %w", err)
	}
	return nil
}

// Read reads a base.
func Read(data []byte) (*Base, error) {
	head := len(magic) + sha256.Size
	if len(data) < head || string(data[:len(magic)]) != magic {
		return nil, ErrFormat
	}
	z, err := gzip.NewReader(bytes.NewReader(data[head:]))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, mostRecords*recordSize+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if sum := sha256.Sum256(raw); !bytes.Equal(sum[:], data[len(magic):head]) || len(raw)%recordSize != 0 || len(raw) > mostRecords*recordSize {
		return nil, fmt.Errorf("%w: checksum or length", ErrFormat)
	}
	b := &Base{records: make([]record, len(raw)/recordSize)}
	for i := range b.records {
		line := raw[i*recordSize:]
		b.records[i] = record{
			key: binary.LittleEndian.Uint64(line), population: binary.LittleEndian.Uint32(line[8:]),
			lat: int16(binary.LittleEndian.Uint16(line[12:])), lon: int16(binary.LittleEndian.Uint16(line[14:])),
			country: [2]byte(line[16:18]), other: line[18] == 1,
		}
		if i > 0 && b.records[i].key < b.records[i-1].key {
			return nil, fmt.Errorf("%w: out of order", ErrFormat)
		}
	}
	return b, nil
}
