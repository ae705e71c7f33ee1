package entity

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

// The wider base holds organisations and cities that the gazetteer does not: lines of the
// same form, packed, their weight 0. `scripts/train kb` makes it of name-suggestion-index;
// see MODELS.md. A text has to tell whether a name there is meant, so that none of them
// is looked for: they only answer what a name that was found may stand for.
//
//go:embed wider.tsv.gz
var widerFile []byte

var loadWider = sync.OnceValue(func() senses {
	s, err := readWider(widerFile)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return s
})

// mostWider bounds what a damaged file can make of memory, in bytes.
const mostWider = 64 << 20

func readWider(file []byte) (senses, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("unpack wider base: %w", err)
	}
	var tsv strings.Builder
	tsv.Grow(4 * len(file)) // it packs to a quarter
	if _, err := io.Copy(&tsv, io.LimitReader(z, mostWider)); err != nil {
		return nil, fmt.Errorf("unpack wider base: %w", err)
	}
	s := make(senses, 0, len(file)/8) // the packed bytes of a spelling
	n := 0
	for line := range strings.Lines(tsv.String()) {
		n++
		r, spellings, err := parseRecord(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("wider base, line %d: %w", n, err)
		}
		for spelling := range strings.SplitSeq(spellings, "|") {
			s.add(r, spelling)
		}
	}
	s.sort()
	return s, nil
}
