package dedupe

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// Hashes is a list of 32-bit hashes. In JSON it is the base64 of their big-endian
// bytes: half as long as decimal numbers.
type Hashes []uint32

// MarshalText implements encoding.TextMarshaler.
func (h Hashes) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 4*len(h))
	for _, v := range h {
		raw = binary.BigEndian.AppendUint32(raw, v)
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hashes) UnmarshalText(b []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, b)
	if err != nil {
		return fmt.Errorf("decode hashes: %w", err)
	}
	if len(raw)%4 != 0 {
		return fmt.Errorf("decode hashes: %d bytes are no whole number of hashes", len(raw))
	}
	*h = make(Hashes, 0, len(raw)/4)
	for ; len(raw) > 0; raw = raw[4:] {
		*h = append(*h, binary.BigEndian.Uint32(raw))
	}
	return nil
}

// set sorts the list and takes repeats out.
func set(h Hashes) Hashes {
	slices.Sort(h)
	return slices.Compact(h)
}

// upTo returns the hashes of an ascending list that are not above top.
func (h Hashes) upTo(top uint32) Hashes {
	n, found := slices.BinarySearch(h, top)
	if found {
		n++
	}
	return h[:n]
}

// has reports whether an ascending list holds v.
func (h Hashes) has(v uint32) bool {
	_, found := slices.BinarySearch(h, v)
	return found
}

// common counts the hashes that two ascending lists share.
func common(a, b Hashes) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case b[0] < a[0]:
			b = b[1:]
		default:
			n++
			a, b = a[1:], b[1:]
		}
	}
	return n
}
