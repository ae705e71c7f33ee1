package eval

import (
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// SummarySet is a set of articles with summaries written for them.
type SummarySet struct {
	Name     string
	Articles []SummaryArticle
}

// SummaryArticle is an article and its reference, as sentences.
type SummaryArticle struct {
	ID        string
	Record    *article.Article
	Reference []string
}

// ReadSummaries reads the sets in DIR/summaries: files <set>/articles.jsonl or
// articles.jsonl.gz with one object a line,
//
//	{"id": "...", "text": "...", "reference": "first sentence\nsecond sentence"}
//
// or with "references", a list of which the first is taken. The articles are English.
//
// Sentences that eight or more articles of a set share word for word are taken out of their
// texts: they are a site's boilerplate, which ingest learns by source and removes before
// anything is summed up. Where a reference repeats them too, a summary could earn points
// by reciting them.
func ReadSummaries(dir string) ([]SummarySet, error) {
	files, err := find(filepath.Join(dir, "summaries"), "summary sets", "*/articles.jsonl", "*/articles.jsonl.gz")
	if err != nil {
		return nil, err
	}
	var sets []SummarySet
	for _, file := range files {
		set := SummarySet{Name: filepath.Base(filepath.Dir(file))}
		err := eachLine(file, func(line []byte) error {
			var a struct {
				ID         string   `json:"id"`
				Text       string   `json:"text"`
				Reference  string   `json:"reference"`
				References []string `json:"references"`
			}
			if err := json.Unmarshal(line, &a); err != nil {
				return err
			}
			if a.Reference == "" && len(a.References) > 0 {
				a.Reference = a.References[0]
			}
			en := "en"
			one := SummaryArticle{ID: a.ID, Record: &article.Article{Text: &a.Text, Language: &en}}
			for s := range strings.SplitSeq(a.Reference, "\n") {
				if s = strings.TrimSpace(s); s != "" {
					one.Reference = append(one.Reference, s)
				}
			}
			set.Articles = append(set.Articles, one)
			return nil
		})
		if err != nil {
			return nil, err
		}
		withoutRepeats(set.Articles)
		sets = append(sets, set)
	}
	return sets, nil
}

const (
	// repeatedIn is the number of articles from which a sentence they share is boilerplate:
	// fewer share the background of a running story. repeatedWords is the least number of
	// words by which that can be told.
	repeatedIn    = 8
	repeatedWords = 6
)

// withoutRepeats takes boilerplate out of the texts.
func withoutRepeats(articles []SummaryArticle) {
	docs := make([]*text.Document, len(articles))
	in, last := map[string]int{}, map[string]int{} // by sentence: articles that have it, the last one of them
	for n, a := range articles {
		docs[n] = text.Scan(*a.Record.Text)
		for _, s := range docs[n].Sentences {
			if one := docs[n].Text[s.Start:s.End]; last[one] != n+1 && len(strings.Fields(one)) >= repeatedWords {
				in[one]++
				last[one] = n + 1
			}
		}
	}
	for n, a := range articles {
		var kept strings.Builder
		from := int32(0)
		for _, s := range docs[n].Sentences {
			if in[docs[n].Text[s.Start:s.End]] >= repeatedIn {
				kept.WriteString(docs[n].Text[from:s.Start])
				from = s.End
			}
		}
		if from > 0 {
			kept.WriteString(docs[n].Text[from:])
			body := kept.String()
			a.Record.Text = &body
		}
	}
}
