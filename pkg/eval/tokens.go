package eval

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/text"
)

// Span is a half-open range of code points.
type Span struct{ Start, End int }

// Tokeniser returns the tokens of a text, in order.
type Tokeniser func(s string) []Span

// Tokenise is the tokeniser of pkg/text.
func Tokenise(s string) []Span {
	doc := text.Scan(s)
	spans := make([]Span, len(doc.Tokens))
	for i, t := range doc.Tokens {
		spans[i] = Span{int(t.RuneStart), int(t.RuneEnd)}
	}
	return spans
}

// Tokens scores a tokeniser on every file DIR/entities/{dev,train}/*.conll[.gz]:
// one token a line (token TAB tag), a blank line after each sentence. The text is
// built again from the tokens by the rules of Rebuild, sentence by sentence, and
// a token counts when both its ends are found. The score "f1_joined" is measured
// on a text whose free-standing hyphens are joined to both neighbours, as the
// treebanks which split hyphens found them.
func Tokens(dir string, tokenise Tokeniser, notice func(format string, args ...any)) ([]Score, error) {
	files, err := find(filepath.Join(dir, "entities"), "token files", "dev/*.conll", "dev/*.conll.gz", "train/*.conll", "train/*.conll.gz")
	if err != nil {
		return nil, err
	}
	var scores []Score
	var all count
	for _, file := range files {
		set, _, _ := strings.Cut(filepath.Base(file), ".")
		notice("tokens: %s", set)
		var sum, joined count
		err := eachSentence(file, func(tokens []string) {
			sum.add(scoreTokens(tokens, false, tokenise))
			joined.add(scoreTokens(tokens, true, tokenise))
		})
		if err != nil {
			return nil, err
		}
		all.add(sum)
		scores = append(scores, sum.scores("tokens", set)...)
		scores = append(scores, Score{"tokens", set, "f1_joined", joined.f1(), joined.hit + joined.missed})
	}
	return append(scores, all.scores("tokens", "all")...), nil
}

// eachSentence calls f with the tokens of every sentence of a CoNLL file.
func eachSentence(file string, f func(tokens []string)) error {
	var tokens []string
	flush := func() {
		if len(tokens) > 0 {
			f(tokens)
		}
		tokens = tokens[:0]
	}
	err := eachLine(file, func(line []byte) error {
		token, _, _ := bytes.Cut(line, []byte("\t"))
		switch t := string(bytes.TrimSpace(token)); t {
		case "", "-DOCSTART-":
			flush()
		default:
			tokens = append(tokens, t)
		}
		return nil
	})
	flush()
	return err
}

// scoreTokens compares the spans of one sentence.
func scoreTokens(tokens []string, join bool, tokenise Tokeniser) count {
	s, gold := Rebuild(tokens, join)
	found := tokenise(s)
	var c count
	i, j := 0, 0
	for i < len(gold) && j < len(found) {
		switch g, f := gold[i], found[j]; {
		case g == f:
			c.hit++
			i++
			j++
		case g.End < f.End || g.End == f.End && g.Start < f.Start:
			c.missed++
			i++
		default:
			c.extra++
			j++
		}
	}
	c.missed += len(gold) - i
	c.extra += len(found) - j
	return c
}

// Rebuild writes the tokens of a sentence as running text and returns the span of
// each. Tokens are parted by one space, except:
//
//   - before , . ; : ? ! % … ) ] } ” » and runs of . ! ?, unless a run of stops
//     follows another: corpora keep a run whole
//   - before a clitic: 's n't 'm 're 've 'll 'd, or a lone ' after a word
//   - after ( [ { “ ‘ « $ £ € #, the first where the next token is a word
//   - inside straight quotes, which open and close in turn
//   - on both sides of / between words
//   - with join, on both sides of a hyphen between words
//
// A free-standing @ or hyphen stays free: whether the source joined it is lost.
func Rebuild(tokens []string, join bool) (string, []Span) {
	var b strings.Builder
	spans := make([]Span, 0, len(tokens))
	runes := 0
	glue := true // no space before the next token
	open := map[string]bool{}
	for i, t := range tokens {
		next := ""
		if i+1 < len(tokens) {
			next = tokens[i+1]
		}
		before, after := false, false // glued on this side
		switch {
		case t == `"` || t == "'" && (open[t] || !wordTail(tokens, i)):
			before, after = open[t], !open[t]
			open[t] = !open[t]
		case t == "'" || t == "’" || clitics[strings.ToLower(strings.ReplaceAll(t, "’", "'"))]:
			before = i > 0
		case closing[t] || strings.Trim(t, ".!?") == "":
			before = !(stopRun(t) && i > 0 && stopRun(tokens[i-1]))
		case opening[t]:
			after = true
		case t == "/" || join && (t == "-" || t == "–"):
			before = i > 0 && wordEdge(tokens[i-1]) && wordEdge(next)
			after = before
		}
		if !glue && !before {
			b.WriteByte(' ')
			runes++
		}
		n := utf8.RuneCountInString(t)
		spans = append(spans, Span{runes, runes + n})
		b.WriteString(t)
		runes += n
		glue = after
	}
	return b.String(), spans
}

var (
	closing = set(`, . ; : ? ! % … ) ] } ” » ''`)
	opening = set("( [ { “ ‘ « $ £ € ``")
	clitics = set(`'s n't 'm 're 've 'll 'd`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// wordTail reports whether a word stands before token i and none that a quote
// would be glued to after it: the sign of a plural possessive.
func wordTail(tokens []string, i int) bool {
	if i == 0 || i+1 == len(tokens) {
		return i > 0
	}
	return strings.HasSuffix(tokens[i-1], "s") && wordEdge(tokens[i+1])
}

// stopRun reports whether a token is made of stops.
func stopRun(t string) bool { return strings.Trim(t, ".!?…") == "" }

// wordEdge reports whether a token begins with a letter or digit.
func wordEdge(t string) bool {
	if t == "" {
		return false
	}
	c := t[0]
	return c >= 0x80 && t[0] != 0xE2 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// Text is the scorecard of pkg/text: Sentences, and Tokens where the folder has
// token files.
func Text(dir string, notice func(format string, args ...any)) ([]Score, error) {
	scores, err := Sentences(dir, Split, notice)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "entities")); errors.Is(err, fs.ErrNotExist) {
		notice("tokens: no folder %s, left out", filepath.Join(dir, "entities"))
		return scores, nil
	}
	tokens, err := Tokens(dir, Tokenise, notice)
	if err != nil {
		return nil, err
	}
	return append(scores, tokens...), nil
}
