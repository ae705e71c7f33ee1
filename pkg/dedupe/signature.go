package dedupe

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// Scheme names what a signature was made with. Signatures of different schemes are
// not comparable.
const Scheme = "frac8-w3/2+" + text.Version

const (
	// limit keeps the triples whose hash is below an eighth of the range: with one in
	// eight the estimate of containment lost 0.003 of F1 against twice as many.
	limit = 1 << 29
	// keepAll is the number of triples up to which all are kept, so that short
	// articles can be compared at all.
	keepAll = 128
	// keepLeast is the least number kept of a longer article, however its hashes fall.
	keepLeast = 16
	// leadWords is how far into the text its lead reaches: the first two sentences of
	// a report are 30 to 50 words and name whom it is about.
	leadWords = 30
	// maxFigures, maxNames and maxParagraphs bound what is kept of a long article.
	maxFigures, maxNames, maxParagraphs = 48, 48, 64
	// openingWords is how much of a new article is looked up in full among the older
	// short ones: the alert that it replaces is quoted at its beginning.
	openingWords = 512
)

// Signature is what is remembered of an article's words.
type Signature struct {
	// Scheme is the Scheme it was made with.
	Scheme string `json:"scheme"`
	// Hash is the SHA-256 of the words in order, in lower-case hexadecimal.
	Hash string `json:"hash"`
	// Cleaned is the hash of the lines that cleaning took out, 0 for none: the same words
	// sent with other boilerplate are a near copy, not an exact one.
	Cleaned uint32 `json:"cleaned"`
	// Words counts the words, Total the word triples.
	Words int `json:"words"`
	Total int `json:"total"`
	// Fingerprints are the hashes of the kept triples, ascending.
	Fingerprints Hashes `json:"fingerprints"`
	// Figures are the hashes of the different numbers, ascending.
	Figures Hashes `json:"figures"`
	// Lead are the hashes of the capitalised words of headline and lead, Names those
	// that occur only in the rest; both ascending.
	Lead  Hashes `json:"lead"`
	Names Hashes `json:"names"`
	// Paragraphs are the hashes of the paragraphs, in order.
	Paragraphs Hashes `json:"paragraphs"`
	// Headline is the hash of the headline without wire markers, 0 for none.
	Headline uint32 `json:"headline"`

	// opening are the hashes of all triples of the first words, in order. They serve
	// one verdict and are not stored.
	opening Hashes
	// fresh describes the paragraphs, for the question what they add to an older text.
	fresh []paragraph
	// keys and mark are read off the record beside the words.
	keys Keys
	mark marker
}

// signer is the working memory of Sign, kept because scanning is most of its work.
type signer struct {
	doc     text.Document
	words   []uint64
	triples []uint64
	spelled []byte
}

var signers = sync.Pool{New: func() any { return new(signer) }}

// Sign makes the signature of an article from its headline and text. The headline
// counts, because tables and market reports differ in nothing else. Sign is safe for
// concurrent use.
func Sign(a *article.Article) Signature {
	g := signers.Get().(*signer)
	defer signers.Put(g)
	headline := 0
	whole := ""
	if a.Headline != nil {
		whole = *a.Headline + "\n\n"
		headline = len(*a.Headline)
	}
	if a.Text != nil {
		whole += *a.Text
	}
	g.doc.Scan(whole)
	s := Signature{Scheme: Scheme, Hash: g.spell(whole), Figures: Hashes{}, Lead: Hashes{}, Names: Hashes{}, Paragraphs: Hashes{}}
	s.Words = len(g.words)
	for _, r := range a.Cleaning.Removed {
		s.Cleaned = chainHash(s.Cleaned, hashString(folded(r.Text)))
	}
	name := folded(unmarked(value(a.Headline)))
	if name != "" {
		s.Headline = uint32(hashString(name)>>32) | 1
	}
	g.sample(&s)
	g.particulars(&s, int32(headline))
	s.keys, s.mark = keysOf(a, name), markerOf(a)
	return s
}

// spell hashes the words in the form that tokens are compared in, and lists them.
func (g *signer) spell(whole string) string {
	g.words, g.spelled = g.words[:0], g.spelled[:0]
	for i := range g.doc.Tokens {
		if t := &g.doc.Tokens[i]; t.Kind.Lexical() {
			g.words = append(g.words, t.Hash)
			g.spelled = append(appendWord(g.spelled, g.doc.Form(i)), ' ')
		}
	}
	if len(g.words) == 0 {
		g.spelled = append(g.spelled, whole...) // nothing but marks: equal only if the same
	}
	sum := sha256.Sum256(g.spelled)
	return hex.EncodeToString(sum[:])
}

// appendWord spells a word in lower case, with a plain apostrophe.
func appendWord(b []byte, word string) []byte {
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c >= utf8.RuneSelf {
			for _, r := range word[i:] {
				if r == '’' {
					r = '\''
				}
				b = utf8.AppendRune(b, unicode.ToLower(r))
			}
			return b
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// sample hashes the triples of consecutive words and keeps those with low hashes.
// Which are kept depends on the triple alone, so two articles keep the same ones of
// what they share. Fewer than three words make one triple.
func (g *signer) sample(s *Signature) {
	g.triples = appendTriples(g.triples[:0], g.words)
	switch kept := make(Hashes, 0, max(keepAll, len(g.triples)/6)); {
	case len(g.triples) <= keepAll:
		for _, h := range g.triples {
			kept = append(kept, uint32(h>>32))
		}
		s.Fingerprints = set(kept)
		s.Total = len(s.Fingerprints)
	default:
		for _, h := range g.triples {
			if h := uint32(h >> 32); h < limit {
				kept = append(kept, h)
			}
		}
		s.Fingerprints = set(kept)
		s.Total = len(g.triples)
		if len(kept) < keepLeast {
			s.Fingerprints = lowest(g.triples, keepLeast)
		}
	}
	s.opening = make(Hashes, 0, min(len(g.triples), openingWords))
	for _, h := range g.triples[:min(len(g.triples), openingWords)] {
		s.opening = append(s.opening, uint32(h>>32))
	}
}

// lowest returns the n lowest of the triples.
func lowest(triples []uint64, n int) Hashes {
	all := make(Hashes, 0, len(triples))
	for _, h := range triples {
		all = append(all, uint32(h>>32))
	}
	all = set(all)
	return all[:min(n, len(all))]
}

// appendTriples hashes each three consecutive words; fewer than three make one triple.
func appendTriples(dst []uint64, words []uint64) []uint64 {
	if len(words) == 0 {
		return dst
	}
	n := min(3, len(words))
	for i := 0; i+n <= len(words); i++ {
		var h uint64
		for _, w := range words[i : i+n] {
			h = mix(h + w)
		}
		dst = append(dst, h)
	}
	return dst
}

// mix is the finaliser of MurmurHash3: every bit of the input moves every bit of the
// result.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// ceiling is the hash up to which the sample is complete.
func (s *Signature) ceiling() uint32 { return ceiling(s.Fingerprints, s.Total) }

func ceiling(kept Hashes, total int) uint32 {
	if n := len(kept); n < total {
		return max(limit-1, kept[n-1])
	}
	return 1<<32 - 1
}
