package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// teacherNames are the names that spaCy's en_core_web_md (MIT) finds in GMB's texts, by
// token; see teacher/teacher.py. They hold no text.
//
//go:embed teacher/gmb-first90.names.gz
var teacherNames []byte

// readTeacher reads the teacher's names of some sentences.
func readTeacher(packed []byte, of []*sentence) ([][]crf.Name, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	sum := sha256.New()
	for _, s := range of {
		fmt.Fprintln(sum, strings.Join(s.forms, " "))
	}
	if !lines.Scan() || lines.Text() != hex.EncodeToString(sum.Sum(nil)) {
		return nil, errors.New("the teacher labelled other sentences")
	}
	var names [][]crf.Name
	for lines.Scan() {
		var here []crf.Name
		for _, f := range strings.Fields(lines.Text()) {
			var n crf.Name
			var typ rune
			if _, err := fmt.Sscanf(f, "%d-%d%c", &n.First, &n.Last, &typ); err != nil {
				return nil, fmt.Errorf("teacher's name %q: %w", f, err)
			}
			n.Type = crf.Type(strings.IndexRune("POLM", typ))
			here = append(here, n)
		}
		names = append(names, here)
	}
	if len(names) != len(of) {
		return nil, fmt.Errorf("the teacher labelled %d sentences of %d", len(names), len(of))
	}
	return names, lines.Err()
}

// learnFrom lets a teacher correct labels that a machine made: a sentence in which both
// differ counts less, and a share of these sentences take the teacher's names. Persons
// stay: the teacher knows them less well.
func learnFrom(sentences []*sentence, names [][]crf.Name, doubt float32, share float64, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7))
	for i, s := range sentences {
		d := disagreement(s.names, names[i])
		if d == 0 {
			continue
		}
		s.weight *= float32(math.Pow(float64(doubt), float64(d)))
		if random.Float64() < share {
			s.names = corrected(s.names, names[i])
		}
	}
}

// corrected joins the persons of some names to those of others that do not touch them.
func corrected(names, others []crf.Name) []crf.Name {
	var out []crf.Name
	for _, n := range names {
		if n.Type == crf.Person {
			out = append(out, n)
		}
	}
	persons := out
	for _, n := range others {
		if !slices.ContainsFunc(persons, func(p crf.Name) bool { return p.First < n.Last && n.First < p.Last }) {
			out = append(out, n)
		}
	}
	return out
}

// disagreement counts the persons, organisations and places of which two labellings
// know different ones.
func disagreement(a, b []crf.Name) int {
	known := map[crf.Name]bool{}
	for _, n := range a {
		if n.Type != crf.Other {
			known[n] = true
		}
	}
	extra := 0
	for _, n := range b {
		switch {
		case n.Type == crf.Other:
		case known[n]:
			delete(known, n)
		default:
			extra++
		}
	}
	return max(len(known), extra)
}
