package eval

import (
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
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
		sets = append(sets, set)
	}
	return sets, nil
}
