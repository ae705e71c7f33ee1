package eval

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// NameTagger finds the names of a document that is cut into sentences and tokens. The
// names' First and Last are token indices over the whole document.
type NameTagger func(doc *LabelledDocument) ([]crf.Name, error)

// OwnNames is the tagger of pkg/entity on the tokens as they are given.
func OwnNames(doc *LabelledDocument) ([]crf.Name, error) {
	return entity.Names(crf.Tokenised(doc.Sentences)), nil
}

// TextTagger finds the names of a running text.
type TextTagger func(s string) []Mention

// Mention is a name in running text: code points [Start, End). Its type is person,
// organisation, place or other.
type Mention struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Type  string `json:"type"`
}

// OwnMentions is the tokeniser of pkg/text and the tagger of pkg/entity: what a user gets.
func OwnMentions(s string) []Mention {
	doc := text.Scan(s)
	names := entity.Names(doc)
	mentions := make([]Mention, len(names))
	for i, n := range names {
		mentions[i] = Mention{int(doc.Tokens[n.First].RuneStart), int(doc.Tokens[n.Last-1].RuneEnd), nameTypeNames[n.Type]}
	}
	return mentions
}

// LabelledDocument is a document of a labelled set.
type LabelledDocument struct {
	Sentences [][]string
	names     []crf.Name
}

// tune reports whether a document is among those that settings and rules are chosen
// on: the second byte of the hash of its words is odd. The first byte already chose
// the documents of the development half.
func (d *LabelledDocument) tune() bool {
	h := sha256.New()
	for _, s := range d.Sentences {
		fmt.Fprintln(h, strings.Join(s, " "))
	}
	return h.Sum(nil)[1]%2 == 1
}

// Text writes the tokens as running text, a sentence a line (see Rebuild), and returns
// the span of each token in code points.
func (d *LabelledDocument) Text() (string, []Span) {
	var b strings.Builder
	var at []Span
	runes := 0
	for i, s := range d.Sentences {
		if i > 0 {
			b.WriteByte('\n')
			runes++
		}
		line, spans := Rebuild(s, false)
		for _, x := range spans {
			at = append(at, Span{x.Start + runes, x.End + runes})
		}
		b.WriteString(line)
		runes += utf8.RuneCountInString(line)
	}
	return b.String(), at
}

// nameTypes leads from the tags of a set to types. All others are dropped.
var nameTypes = map[string]crf.Type{"PER": crf.Person, "ORG": crf.Organisation, "LOC": crf.Place, "MISC": crf.Other}

var nameTypeNames = map[crf.Type]string{crf.Person: "person", crf.Organisation: "organisation", crf.Place: "place", crf.Other: "other"}

// Entities scores a tagger of names on every file DIR/entities/{dev,test}/*.conll[.gz]:
// token TAB tag with IOB2 tags PER, ORG, LOC and MISC, a blank line after each sentence,
// -DOCSTART- before each document. A name counts when its first and last token and its
// type are right.
//
// Besides, <set>/text is the whole set in running text, where inText is not nil.
//
// f1, precision and recall are over persons, organisations and places together, f1/TYPE
// over one type. Each set is scored as a whole and in two parts, <set>/tune, on which
// rules and settings were chosen, and <set>/report, on which they were not.
func Entities(dir string, tagger NameTagger, inText TextTagger, notice func(format string, args ...any)) ([]Score, error) {
	files, err := find(filepath.Join(dir, "entities"), "labelled names", "dev/*.conll", "dev/*.conll.gz", "test/*.conll", "test/*.conll.gz")
	if err != nil {
		return nil, err
	}
	var scores []Score
	for _, file := range files {
		set, _, _ := strings.Cut(filepath.Base(file), ".")
		docs, err := labelledDocuments(file)
		if err != nil {
			return nil, err
		}
		notice("entities: %s, %d documents", set, len(docs))
		var all, tune, report, running nameCounts
		var cost speed
		for _, d := range docs {
			found, err := tagger(d)
			if err != nil {
				return nil, fmt.Errorf("tag %s: %w", set, err)
			}
			c := countNames(d.names, found)
			all.add(c)
			if d.tune() {
				tune.add(c)
			} else {
				report.add(c)
			}
			if inText == nil {
				continue
			}
			s, at := d.Text()
			cost.start()
			mentions := inText(s)
			cost.stop(len(at))
			running.add(countNames(d.names, namesAt(mentions, at)))
		}
		scores = append(scores, all.scores(set)...)
		scores = append(scores, report.scores(set+"/report")...)
		scores = append(scores, tune.scores(set+"/tune")...)
		if inText != nil {
			scores = append(scores, running.scores(set+"/text")...)
			scores = append(scores, cost.score("entities", set+"/text", "tokens_per_core_second"))
		}
	}
	return scores, nil
}

// nameCounts are tallies by type.
type nameCounts [4]count

func (c *nameCounts) add(o nameCounts) {
	for i := range c {
		c[i].add(o[i])
	}
}

func (c nameCounts) scores(set string) []Score {
	var main count
	for _, t := range []crf.Type{crf.Person, crf.Organisation, crf.Place} {
		main.add(c[t])
	}
	out := main.scores("entities", set)
	for t := range c {
		out = append(out, Score{"entities", set, "f1/" + nameTypeNames[crf.Type(t)], c[t].f1(), c[t].hit + c[t].missed})
	}
	return out
}

// countNames compares the names of one document.
func countNames(gold, found []crf.Name) nameCounts {
	var c nameCounts
	type key struct {
		first, last int
		typ         crf.Type
	}
	asked := map[key]bool{}
	for _, n := range gold {
		asked[key{n.First, n.Last, n.Type}] = true
	}
	for _, n := range found {
		k := key{n.First, n.Last, n.Type}
		if asked[k] {
			c[n.Type].hit++
			delete(asked, k)
		} else {
			c[n.Type].extra++
		}
	}
	for k := range asked {
		c[k.typ].missed++
	}
	return c
}

// labelledDocuments reads a CoNLL file.
func labelledDocuments(file string) ([]*LabelledDocument, error) {
	var docs []*LabelledDocument
	doc := &LabelledDocument{}
	var forms []string
	tokens := 0
	open := "" // the tag of the name that goes on
	sentence := func() {
		if len(forms) > 0 {
			doc.Sentences = append(doc.Sentences, forms)
		}
		forms, open = nil, ""
	}
	document := func() {
		sentence()
		if len(doc.Sentences) > 0 {
			docs = append(docs, doc)
		}
		doc, tokens = &LabelledDocument{}, 0
	}
	err := eachLine(file, func(line []byte) error {
		form, tag, tab := bytes.Cut(bytes.TrimSpace(line), []byte("\t"))
		switch {
		case len(form) == 0:
			sentence()
			return nil
		case !tab:
			return fmt.Errorf("no tab in %q", line)
		case string(form) == "-DOCSTART-":
			document()
			return nil
		}
		forms = append(forms, string(form))
		place, name, _ := strings.Cut(string(tag), "-")
		switch typ, known := nameTypes[name]; {
		case place == "I" && open == name && known:
			doc.names[len(doc.names)-1].Last++
		case known:
			doc.names = append(doc.names, crf.Name{First: tokens, Last: tokens + 1, Type: typ})
		}
		open = name
		tokens++
		return nil
	})
	document()
	return docs, err
}
