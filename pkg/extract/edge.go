package extract

import (
	"unicode"
	"unicode/utf8"
)

// Edge is what one article says about the boilerplate of its source: the lines at its
// ends, and enough of what stands between them to tell a line that only ever opens or
// closes articles from one that is part of their story. It is taken before learnt lines
// are dropped, or a line that was learnt would be forgotten again.
type Edge struct {
	// Lines are the short lines at either end, folded: at most six of at most 260
	// characters each.
	Lines []string `json:"lines"`
	// Inside are hashes of the short lines between, at most 256.
	Inside []uint64 `json:"inside"`
	// Print is the same for near copies of an article: the smallest hash among its
	// paragraphs between the edges. A feed that is polled every ten minutes brings an
	// article a hundred times, and each of its lines would look like boilerplate.
	Print uint64 `json:"print"`
}

const (
	// edgeLines is how many lines from either end of an article are its edge.
	edgeLines = 3
	// maxInside bounds Edge.Inside. News has 10 to 40 paragraphs.
	maxInside = 256
	// printable is the fewest bytes of a paragraph that may give the print: a heading
	// stands in many articles. Of a longer one printBytes are enough.
	printable, printBytes = 80, 160
)

// edgeOf returns the edge of an article's paragraphs, or nil for one that is too short to
// have an edge and a middle.
func edgeOf(paragraphs []string) *Edge {
	if len(paragraphs) < 2*edgeLines {
		return nil
	}
	e := &Edge{}
	var buf [512]byte
	last := len(paragraphs) - edgeLines
	atEdge := make([]uint64, 0, 2*edgeLines)
	for i, p := range paragraphs {
		if i >= edgeLines && i < last || !isShort(p) {
			continue
		}
		key := appendKey(buf[:0], p)
		if h := hashOf(key); len(key) > 0 && !hasHash(atEdge, h) {
			atEdge = append(atEdge, h)
			e.Lines = append(e.Lines, string(key))
		}
	}
	long := false // a paragraph gave the print, not a heading
	for _, p := range paragraphs[edgeLines:last] {
		short := isShort(p)
		if !short {
			p = head(p, printBytes)
		}
		key := appendKey(buf[:0], p)
		if len(key) == 0 {
			continue
		}
		h := hashOf(key)
		if isLong := len(p) >= printable; e.Print == 0 || isLong && !long || isLong == long && h < e.Print {
			e.Print, long = h, isLong
		}
		if short && len(e.Inside) < maxInside && !hasHash(atEdge, h) {
			e.Inside = append(e.Inside, h)
		}
	}
	return e
}

// isShort reports whether a line may be boilerplate.
func isShort(line string) bool {
	return len(line) <= maxBoilerplate ||
		len(line) <= 4*maxBoilerplate && utf8.RuneCountInString(line) <= maxBoilerplate
}

// appendKey appends a line folded so that a date or a number in it makes no difference:
// words in lower case with a space after each, those that begin with a digit as 0.
func appendKey(dst []byte, line string) []byte {
	inWord, number := false, false
	for i := 0; i < len(line); {
		r, size := rune(line[i]), 1
		var isWord bool
		if r < utf8.RuneSelf {
			r = rune(asciiWord[r])
			isWord = r != 0
		} else {
			r, size = utf8.DecodeRuneInString(line[i:])
			if isWord = !notWord(r); isWord {
				r = unicode.ToLower(r)
			}
		}
		i += size
		if !isWord {
			if inWord {
				dst = append(dst, ' ')
			}
			inWord = false
			continue
		}
		if !inWord {
			if inWord, number = true, r >= '0' && r <= '9'; number {
				dst = append(dst, '0')
			}
		}
		if !number {
			dst = utf8.AppendRune(dst, r)
		}
	}
	if inWord {
		dst = append(dst, ' ')
	}
	return dst
}

// asciiWord has letters in lower case and digits, and 0 for the rest.
var asciiWord = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		if r := rune(c); !notWord(r) {
			t[c] = byte(unicode.ToLower(r))
		}
	}
	return t
}()

// edgeKey is appendKey as a string, "" for a line that is too long to be boilerplate.
func edgeKey(line string) string {
	if !isShort(line) {
		return ""
	}
	return string(appendKey(nil, line))
}

// hashOf is FNV-1a, the same in every process: hashes are stored.
func hashOf(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range key {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

func hasHash(list []uint64, h uint64) bool {
	for _, e := range list {
		if e == h {
			return true
		}
	}
	return false
}

// head returns the first bytes of s, whole characters only.
func head(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
