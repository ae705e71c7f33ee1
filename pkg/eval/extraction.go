package eval

import (
	"crypto/sha256"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/extract"
)

// Extractor makes the record of one file, or returns nil where it finds none.
type Extractor func(data []byte, h extract.Hints) *article.Article

// Extract is the extractor of pkg/extract.
func Extract(data []byte, h extract.Hints) *article.Article {
	items, err := extract.File(background, data, h, extract.Limits{})
	if err != nil || len(items) == 0 {
		return nil
	}
	return items[0].Article
}

// goldPage is a page with what people found in it. A key that a set leaves out
// was not annotated and is not scored.
type goldPage struct {
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	HTML     []byte    `json:"html_base64"`
	Text     *string   `json:"text"`
	With     *[]string `json:"with"`
	Without  []string  `json:"without"`
	Title    string    `json:"title"`
	Date     string    `json:"date"`
	Authors  []string  `json:"authors"`
	Language string    `json:"language"`
}

// scored is a page and what the extractor made of it. The bytes are gone.
type scored struct {
	goldPage
	found *article.Article
}

func (s scored) foundText() string {
	if s.found == nil || s.found.Text == nil {
		return ""
	}
	return *s.found.Text
}

// odd tells the half of a set that a page belongs to, by its id: rules are tuned on
// one half and the other shows whether they hold elsewhere. The first byte of the
// hash already chose the pages of the set.
func (s scored) odd() bool {
	sum := sha256.Sum256([]byte(s.ID))
	return sum[1]%2 == 1
}

// Extraction scores an extractor on every set in DIR/extraction: files
// <set>/pages.jsonl or pages.jsonl.gz with one page a line,
//
//	{"id": "...", "url": "...", "html_base64": "...", "text": "..."}
//
// Which figures a set gets depends on what its pages say besides:
//
//   - "text", the body: f1, precision and recall of 4-word shingles (see shingles),
//     and the shares of its paragraphs that the line cleaner (false_drops) and the
//     judge of the page's blocks (false_cuts) took out;
//   - "with" and "without", segments that must and must not be in the text: f1,
//     precision and recall of these, white space aside;
//   - "title", "date", "authors": title_exact, date_exact, author_exact.
//
// The bodies serve as plain texts too, see goldTexts. With halves each set is scored
// in two parts besides, named <set>/odd and <set>/even.
func Extraction(dir string, x Extractor, halves bool, notice func(format string, args ...any)) ([]Score, error) {
	files, err := find(filepath.Join(dir, "extraction"), "pages", "*/pages.jsonl", "*/pages.jsonl.gz")
	if err != nil {
		return nil, err
	}
	var scores []Score
	var bodies []goldText
	var cost speed
	for _, file := range files {
		set := filepath.Base(filepath.Dir(file))
		pages, err := extractPages(file, x, &cost)
		if err != nil {
			return nil, err
		}
		notice("extraction: %s, %d pages", set, len(pages))
		scores = append(scores, scorePages(set, pages)...)
		if halves {
			scores = append(scores, scorePages(set+"/odd", keep(pages, scored.odd))...)
			scores = append(scores, scorePages(set+"/even", keep(pages, func(s scored) bool { return !s.odd() }))...)
		}
		for _, p := range pages {
			if p.Text != nil && strings.TrimSpace(*p.Text) != "" {
				bodies = append(bodies, goldText{text: *p.Text, language: primary(p.Language)})
			}
		}
	}
	scores = append(scores, cost.score("extraction", "pages", "pages_per_core_second"))
	return append(scores, scoreTexts(bodies, x, notice)...), nil
}

// extractPages runs the extractor over the pages of a file, several at a time, and
// returns them in their order. The file is read first: its reading costs processor
// time too, which is not the extractor's.
func extractPages(file string, x Extractor, cost *speed) ([]scored, error) {
	var pages []scored
	err := eachLine(file, func(line []byte) error {
		var p goldPage
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		pages = append(pages, scored{goldPage: p})
		return nil
	})
	if err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	cost.start()
	for i := range pages {
		g.Go(func() error {
			p := &pages[i]
			h := extract.Hints{}
			if strings.HasPrefix(p.URL, "http") { // sets have placeholders too
				h.URL = p.URL
			}
			p.found = x(p.HTML, h)
			p.HTML = nil
			return nil
		})
	}
	err = g.Wait()
	cost.stop(len(pages))
	return pages, err
}

func keep(pages []scored, f func(scored) bool) []scored {
	var kept []scored
	for _, p := range pages {
		if f(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// scorePages returns the figures for which the pages have gold.
func scorePages(set string, pages []scored) []Score {
	var bodies overlaps
	var segments count
	var segmented, titles, dates, authors, drops, cuts tally
	for _, p := range pages {
		if p.Text != nil {
			bodies = append(bodies, shingles(*p.Text, p.foundText()))
			cleaned, judged := droppedParagraphs(*p.Text, p.found)
			drops.addAll(cleaned)
			cuts.addAll(judged)
		}
		if p.With != nil {
			segmented.of++
			segments.add(scoreSegments(*p.With, p.Without, p.foundText()))
		}
		if p.Title != "" {
			titles.add(sameTitle(p.Title, p.found))
		}
		if p.Date != "" {
			dates.add(sameDay(p.Date, p.found))
		}
		if len(p.Authors) > 0 {
			authors.add(sameAuthors(p.Authors, p.found))
		}
	}
	var scores []Score
	if len(bodies) > 0 {
		scores = append(scores, bodies.scores("extraction", set)...)
		scores = append(scores, drops.score(set, "false_drops"), cuts.score(set, "false_cuts"))
	}
	if segmented.of > 0 {
		scores = append(scores, segments.scores("extraction", set)...)
	}
	for _, m := range []struct {
		name string
		t    tally
	}{{"title_exact", titles}, {"date_exact", dates}, {"author_exact", authors}} {
		if m.t.of > 0 {
			scores = append(scores, m.t.score(set, m.name))
		}
	}
	return scores
}

// tally is hits among tries.
type tally struct{ hits, of int }

func (t *tally) add(hit bool) {
	t.of++
	if hit {
		t.hits++
	}
}

func (t *tally) addAll(o tally) {
	t.hits += o.hits
	t.of += o.of
}

func (t tally) score(set, metric string) Score {
	return Score{"extraction", set, metric, rate(t.hits, t.of), t.of}
}
