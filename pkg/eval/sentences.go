package eval

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/text"
)

// Splitter returns the code point offset just after each sentence of a text.
type Splitter func(s string) []int

// Split is the splitter of pkg/text.
func Split(s string) []int {
	doc := text.Scan(s)
	ends := make([]int, len(doc.Sentences))
	for i, s := range doc.Sentences {
		ends[i] = int(s.RuneEnd)
	}
	return ends
}

// Sentences scores a splitter on every set in DIR/sentences: files
// <set>/docs.jsonl or docs.jsonl.gz with one object a line,
//
//	{"id": "...", "text": "...", "ends": [139, 254]}
//
// where ends are code point offsets just after each sentence. The end of the
// last sentence is given, so it is not scored. Nor are gold ends without a final
// . ! ? or … asked for: a heading without a stop cannot be told when line breaks
// are gone. A wrong end anywhere counts against precision.
func Sentences(dir string, split Splitter, notice func(format string, args ...any)) ([]Score, error) {
	files, err := find(filepath.Join(dir, "sentences"), "sentence sets", "*/docs.jsonl", "*/docs.jsonl.gz")
	if err != nil {
		return nil, err
	}
	var scores []Score
	for _, file := range files {
		set := filepath.Base(filepath.Dir(file))
		notice("sentences: %s", set)
		var sum count
		err := eachLine(file, func(line []byte) error {
			var doc struct {
				ID   string `json:"id"`
				Text string `json:"text"`
				Ends []int  `json:"ends"`
			}
			if err := json.Unmarshal(line, &doc); err != nil {
				return err
			}
			if len(doc.Ends) == 0 {
				return fmt.Errorf("document %q has no ends", doc.ID)
			}
			sum.add(scoreEnds(doc.Text, doc.Ends, split(doc.Text)))
			return nil
		})
		if err != nil {
			return nil, err
		}
		scores = append(scores, sum.scores("sentences", set)...)
	}
	return scores, nil
}

// scoreEnds compares the inner ends of one document.
func scoreEnds(s string, gold, found []int) count {
	last := gold[len(gold)-1]
	asked := map[int]bool{}
	end := 0 // gold end as a byte offset
	runes := 0
	for _, g := range gold[:len(gold)-1] {
		for runes < g && end < len(s) {
			_, n := utf8.DecodeRuneInString(s[end:])
			end += n
			runes++
		}
		if stopped(s[:end]) {
			asked[g] = true
		}
	}
	var c count
	for _, f := range found {
		switch {
		case f == last:
		case asked[f]:
			c.hit++
			delete(asked, f)
		default:
			c.extra++
		}
	}
	c.missed = len(asked)
	return c
}

// stopped reports whether a sentence ends with a stop inside its closing marks.
func stopped(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, `"'”’)]`))
	return strings.ContainsRune(".!?…", r)
}
