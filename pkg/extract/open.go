package extract

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// compressions are the packed formats that hold one file.
var compressions = []struct {
	magic, name string
	suffixes    []string
	open        func(data []byte, limits Limits) (io.Reader, error)
}{
	{"\x1f\x8b", "gzip", []string{".gz", ".gzip"}, func(data []byte, _ Limits) (io.Reader, error) {
		return gzip.NewReader(bytes.NewReader(data))
	}},
	{"\x28\xb5\x2f\xfd", "zstd", []string{".zst", ".zstd"}, openZstd},
	{"\xfd7zXZ\x00", "xz", []string{".xz"}, openXz},
	{"BZh", "bzip2", []string{".bz2"}, func(data []byte, _ Limits) (io.Reader, error) {
		return bzip2.NewReader(bytes.NewReader(data)), nil
	}},
}

// open peels off the compressions around a part.
func (in *intake) open(p part) (part, *Reject) {
next:
	for _, c := range compressions {
		if !bytes.HasPrefix(p.data, []byte(c.magic)) {
			continue
		}
		if p.layers >= in.limits.Layers {
			return p, refuse(CodeDepth, "packed more than %d times over: unpack it before you send it", in.limits.Layers)
		}
		r, err := c.open(p.data, in.limits)
		if err != nil {
			return p, brokenPacking(c.name, err)
		}
		data, reject := in.unpack(c.name, r, len(p.data))
		if reject != nil {
			return p, reject
		}
		p.data = data
		p.layers++
		for _, suffix := range c.suffixes {
			p.hints.Filename = strings.TrimSuffix(p.hints.Filename, suffix)
		}
		goto next
	}
	return p, nil
}

// ratioFloor is the size up to which anything may unpack: a short file of repeats is
// no bomb.
const ratioFloor = 1 << 20

// unpack reads a packed part to its end within the limits.
func (in *intake) unpack(name string, r io.Reader, packed int) ([]byte, *Reject) {
	ratio := max(ratioFloor, in.limits.Ratio*packed)
	room := min(in.limits.Expanded-in.expanded, ratio)
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, int64(room)+1))
	in.expanded += int(min(n, int64(room)))
	switch {
	case n > int64(room) && room == ratio:
		return nil, refuse(CodeBomb, "the %s data unpacks to more than %d times its size: send it unpacked", name, in.limits.Ratio)
	case n > int64(room):
		in.full = true // nothing that follows would have room either
		return nil, refuse(CodeBomb, "the file unpacks to more than %d bytes: split it or raise the limit", in.limits.Expanded)
	case err != nil:
		return nil, brokenPacking(name, err)
	}
	return b.Bytes(), nil
}

func brokenPacking(name string, err error) *Reject {
	if errors.Is(err, errWindow) {
		return refuse(CodeBomb, "%w", err)
	}
	return refuse(CodeMalformed, "the %s data is damaged (%w): pack it again, or send it unpacked", name, err)
}

// errWindow is for packed data that demands a large dictionary before its first byte.
var errWindow = errors.New("the packed data asks for a dictionary of more than 64 MiB: send it unpacked")

// maxWindow is the largest dictionary an unpacker may reserve: the size from xz -9.
const maxWindow = 64 << 20

func openZstd(data []byte, _ Limits) (io.Reader, error) {
	r, err := zstd.NewReader(bytes.NewReader(data),
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return zstdReader{r}, nil
}

// zstdReader says what is wrong with a window that is too large in our words.
type zstdReader struct{ *zstd.Decoder }

func (r zstdReader) Read(p []byte) (int, error) {
	n, err := r.Decoder.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errWindow
	}
	return n, err
}

// openXz reads xz. The library reserves the dictionary that a block's header names, up
// to 4 GiB, before it reads the block; so every header in the file is looked at first:
// its filter is 0x21 (LZMA2), one byte of properties, the size.
func openXz(data []byte, _ Limits) (io.Reader, error) {
	for at := 0; at+2 < len(data); at++ {
		// Size 0 stands for 2<<11 bytes, 1 for 3<<11, 2 for 2<<12...; 28 is 64 MiB.
		if data[at] == 0x21 && data[at+1] == 1 && data[at+2] > 28 && isXzBlock(data, at) {
			return nil, errWindow
		}
	}
	return xz.NewReader(bytes.NewReader(data))
}

// isXzBlock reports whether the filter at an offset stands in a block header: size and
// flags before it, maybe two sizes of up to 9 bytes, and a checksum at the end.
func isXzBlock(data []byte, filter int) bool {
	for start := max(0, filter-2-2*9); start <= filter-2; start++ {
		end := start + int(data[start])*4
		if end > filter+2 && end+4 <= len(data) && crc32.ChecksumIEEE(data[start:end]) == binary.LittleEndian.Uint32(data[end:]) {
			return true
		}
	}
	return false
}

// cleanLabel makes a member's name a label: its last element, without control
// characters, of a length for people. Names such as "../../etc/x" lead nowhere.
func cleanLabel(name string) string {
	name = strings.Map(plain, strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\\", "/"))
	name = strings.TrimSpace(strings.ReplaceAll(path.Base(path.Clean("/"+name)), "\n", " "))
	if name == "/" || name == "." {
		return ""
	}
	if r := []rune(name); len(r) > 120 {
		name = string(r[:119]) + "…"
	}
	return name
}

// numbered labels a part that has no name of its own.
func numbered(kind string, n int) string { return fmt.Sprintf("%s %d", kind, n) }
