package eval

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/entity"
)

// Linker finds the names of an English text that stand for something in Wikidata.
type Linker interface {
	// Links returns them by where they stand. A name without an id is not among them.
	Links(text string) map[Span]string
	// Knows reports whether a name can get this id at all.
	Knows(wikidata string) bool
}

// OwnLinker is the tagger of pkg/entity with its knowledge base.
type OwnLinker struct{}

// Links implements Linker.
func (OwnLinker) Links(text string) map[Span]string {
	a := &article.Article{}
	lang := "en"
	a.Text, a.Language = &text, &lang
	entities, _, _ := entity.Tag(a)
	links := map[Span]string{}
	for _, e := range entities {
		if e.Wikidata == nil {
			continue
		}
		for _, m := range e.Mentions {
			links[Span{m.Start, m.End}] = *e.Wikidata
		}
	}
	return links
}

// Knows implements Linker.
func (OwnLinker) Knows(wikidata string) bool { return entity.Linkable(wikidata) }

// linkedDocument is a document whose names were linked by hand. A name that stands for
// nothing in Wikidata has no id.
type linkedDocument struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Mentions []struct {
		Start    int     `json:"start"`
		End      int     `json:"end"`
		Wikidata *string `json:"qid"`
	} `json:"mentions"`
}

// Linking scores a linker on every file DIR/entities/linking/*.jsonl[.gz]: one document
// a line, {"id", "text", "mentions": [{"start", "end", "qid"}]}, in code points.
//
// A link is right when its span and its id are the gold's. f1, precision and recall are
// over all gold names with an id and all links, whatever they stand on. recall_covered
// and f1_covered leave out gold names that the linker cannot know, and keep every wrong
// link. precision_at_gold is over links on spans that are gold names, so that errors of
// recognition do not count. coverage is the share of gold names whose id is known,
// coverage_ids that of different gold ids.
func Linking(dir string, linker Linker, notice func(format string, args ...any)) ([]Score, error) {
	files, err := find(filepath.Join(dir, "entities", "linking"), "linked names", "*.jsonl", "*.jsonl.gz")
	if err != nil {
		return nil, err
	}
	var scores []Score
	for _, file := range files {
		var c linkCounts
		c.ids = map[string]bool{}
		docs := 0
		err := eachLine(file, func(line []byte) error {
			var d linkedDocument
			if err := json.Unmarshal(line, &d); err != nil {
				return fmt.Errorf("read linked document: %w", err)
			}
			docs++
			c.add(&d, linker)
			return nil
		})
		if err != nil {
			return nil, err
		}
		set := setName(file)
		notice("linking: %s, %d documents", set, docs)
		scores = append(scores, c.scores(set)...)
	}
	return scores, nil
}

// linkCounts tells how the links of a set compare with the gold.
type linkCounts struct {
	all     count
	covered int             // gold names whose id is known
	ids     map[string]bool // the gold ids, and whether each is known
	atGold  int             // links on spans of gold names, with an id or without
}

func (c *linkCounts) add(d *linkedDocument, linker Linker) {
	gold := map[Span]string{}
	for _, m := range d.Mentions {
		id := ""
		if m.Wikidata != nil {
			id = *m.Wikidata
		}
		gold[Span{m.Start, m.End}] = id
	}
	links := linker.Links(d.Text)
	for at, id := range gold {
		if id == "" {
			continue
		}
		known := linker.Knows(id)
		c.ids[id] = known
		if known {
			c.covered++
		}
		if links[at] != id {
			c.all.missed++
		}
	}
	for at, id := range links {
		want, named := gold[at]
		if named {
			c.atGold++
		}
		if want == id {
			c.all.hit++
		} else {
			c.all.extra++
		}
	}
}

func (c *linkCounts) scores(set string) []Score {
	known := 0
	for _, k := range c.ids {
		if k {
			known++
		}
	}
	n := c.all.hit + c.all.missed
	within := count{hit: c.all.hit, extra: c.all.extra, missed: c.covered - c.all.hit}
	return append(c.all.scores("linking", set),
		Score{"linking", set, "recall_covered", within.recall(), c.covered},
		Score{"linking", set, "f1_covered", within.f1(), c.covered},
		Score{"linking", set, "precision_at_gold", rate(c.all.hit, c.atGold), c.atGold},
		Score{"linking", set, "coverage", rate(c.covered, n), n},
		Score{"linking", set, "coverage_ids", rate(known, len(c.ids)), len(c.ids)},
	)
}

// setName is a file's name without its endings.
func setName(file string) string {
	name := filepath.Base(file)
	for ext := filepath.Ext(name); ext != ""; ext = filepath.Ext(name) {
		name = name[:len(name)-len(ext)]
	}
	return name
}
