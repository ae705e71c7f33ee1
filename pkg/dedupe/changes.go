package dedupe

import (
	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// The operations of a change.
const (
	opAdd    = "add"
	opRemove = "remove"
)

// Changes lists the paragraphs that a newer version took out of the older one and those
// it brought, in their order; a paragraph that was edited is taken out and brought
// again. Paragraphs with the same words are the same, wherever they stand.
//
// known are the paragraph hashes of the older version (Signature.Paragraphs). They
// serve when its text is gone and old is nil: then only what was brought can be told.
func Changes(old *string, known Hashes, fresh string) []article.Change {
	changes := []article.Change{}
	now := paragraphsOf(fresh)
	had := map[uint32]bool{}
	var before []passage
	if old != nil {
		before = paragraphsOf(*old)
		for _, p := range before {
			had[p.hash] = true
		}
	} else {
		for _, h := range known {
			had[h] = true
		}
	}
	has := map[uint32]bool{}
	for _, p := range now {
		has[p.hash] = true
	}
	for len(before) > 0 || len(now) > 0 {
		switch {
		case len(before) > 0 && !has[before[0].hash]:
			changes = append(changes, article.Change{Op: opRemove, Text: before[0].text})
			before = before[1:]
		case len(now) > 0 && !had[now[0].hash]:
			changes = append(changes, article.Change{Op: opAdd, Text: now[0].text})
			now = now[1:]
		default:
			before, now = rest(before), rest(now)
		}
	}
	return changes
}

func rest(p []passage) []passage { return p[min(1, len(p)):] }

// passage is a paragraph with its text.
type passage struct {
	hash uint32
	text string
}

func paragraphsOf(s string) (ps []passage) {
	doc := text.Scan(s)
	var (
		start, end int32
		hash       uint32
		words      int
	)
	flush := func() {
		if words > 0 {
			ps = append(ps, passage{hash, s[start:end]})
		}
		hash, words = 0, 0
	}
	for i := range doc.Tokens {
		t := &doc.Tokens[i]
		if t.Has(text.BlankBefore) {
			flush()
			start = t.Start
		}
		if t.Kind.Lexical() {
			hash = chainHash(hash, t.Hash)
			words++
		}
		end = t.End
	}
	flush()
	return ps
}

// chainHash takes a word into the hash of its paragraph.
func chainHash(h uint32, word uint64) uint32 { return uint32(mix(uint64(h)<<32|word>>32) >> 32) }
