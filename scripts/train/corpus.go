package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// sentence is a labelled sentence.
type sentence struct {
	forms []string
	names []crf.Name
	// weight is how much the sentence counts in training.
	weight float32
}

// document is an ordered list of sentences.
type document []*sentence

// typeOf leads from a set's own tags to types; a tag that is absent is dropped.
type typeOf map[string]crf.Type

var (
	conllTypes = typeOf{"PER": crf.Person, "ORG": crf.Organisation, "LOC": crf.Place, "MISC": crf.Other}
	wnutTypes  = typeOf{
		"person": crf.Person, "corporation": crf.Organisation, "group": crf.Organisation, "location": crf.Place,
		"product": crf.Other, "creative-work": crf.Other,
	}
	// gpe, which is a country or its people, is told apart by normaliseGMB.
	gmbTypes = typeOf{
		"per": crf.Person, "org": crf.Organisation, "geo": crf.Place, "gpe": gpe,
		"art": crf.Other, "eve": crf.Other, "nat": crf.Other,
	}
)

// gpe is a type of GMB's that must not reach training.
const gpe = crf.Type(9)

// readCorpus reads DIR/<name>.conll or DIR/<name>.conll.gz: token TAB tag with IOB2
// tags, a blank line after each sentence, -DOCSTART- before each document.
func readCorpus(dir, name string, types typeOf) ([]document, error) {
	path := filepath.Join(dir, name+".conll.gz")
	if _, err := os.Stat(path); err != nil {
		path = strings.TrimSuffix(path, ".gz")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", path, err)
		}
	}
	docs, err := parseCorpus(r, types)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return docs, nil
}

func parseCorpus(r io.Reader, types typeOf) ([]document, error) {
	var docs []document
	var doc document
	var forms, tags []string
	flush := func() {
		if len(forms) > 0 {
			doc = append(doc, &sentence{forms: forms, names: namesOf(tags, types), weight: 1})
		}
		forms, tags = nil, nil
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		form, tag, ok := strings.Cut(line, "\t")
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case !ok:
			return nil, fmt.Errorf("line %d: no tab", n)
		case form == "-DOCSTART-":
			flush()
			if len(doc) > 0 {
				docs = append(docs, doc)
			}
			doc = nil
		case strings.TrimSpace(form) != "":
			forms, tags = append(forms, strings.TrimSpace(form)), append(tags, strings.TrimSpace(tag))
		}
	}
	flush()
	if len(doc) > 0 {
		docs = append(docs, doc)
	}
	return docs, lines.Err()
}

// namesOf reads IOB2 tags.
func namesOf(tags []string, types typeOf) []crf.Name {
	var names []crf.Name
	for i := 0; i < len(tags); i++ {
		place, tag, _ := strings.Cut(tags[i], "-")
		if place == "O" {
			continue
		}
		j := i + 1
		for j < len(tags) && tags[j] == "I-"+tag {
			j++
		}
		if t, ok := types[tag]; ok {
			names = append(names, crf.Name{First: i, Last: j, Type: t})
		}
		i = j - 1
	}
	return names
}

// apart makes each sentence a document of its own.
func apart(docs []document) ([]document, error) {
	var out []document
	for _, d := range docs {
		for _, s := range d {
			out = append(out, document{s})
		}
	}
	return out, nil
}

// sentencesOf returns the sentences of all documents in order.
func sentencesOf(docs []document) []*sentence { return slices.Concat(docs...) }

// tokenised is the document as the tagger reads it.
func (d document) tokenised() [][]string {
	out := make([][]string, len(d))
	for i, s := range d {
		out[i] = s.forms
	}
	return out
}
