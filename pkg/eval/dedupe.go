package eval

import (
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// labels are the judgements on articles, see labels/README.md.
//
//go:embed labels/*.tsv
var labels embed.FS

// DedupeOptions tune the scorecard of dedupe.
type DedupeOptions struct {
	// Seed chooses the originals of the mutation suite and what happens to them. The
	// same seed gives the same suite of the same data.
	Seed uint64
	// Misses asks for a notice of every wrong verdict: what it should have been, what
	// it was and the evidence for it.
	Misses bool
}

// Dedupe scores pkg/dedupe in four ways:
//
//   - set "mutations": copies made by machine of articles that have nothing in common,
//     see Suite;
//   - set "reuters": the articles of a news wire in the order they were sent, how many
//     got which relation, and what became of those that say they correct another; sets
//     "pairs", "pairs/tune" and "pairs/check": the verdicts on pairs that people judged;
//   - set "ecb": different articles, of which no two of different events may be called
//     copies. It is left out when DIR/stories/ecb does not exist;
//   - set "speed": signatures and decisions a second of processor time.
//
// Articles are DIR/dedupe/reuters/articles.jsonl or .jsonl.gz, one a line,
//
//	{"id": "...", "title": "...", "date": "1987-02-26T15:01:01Z", "text": "..."}
//
// those that say they correct another DIR/dedupe/reuters/corrected.jsonl, {"id": "..."},
// and those of events DIR/stories/ecb/articles.jsonl or .jsonl.gz,
//
//	{"id": "...", "topic": "...", "event": "...", "text": "..."}
func Dedupe(dir string, o DedupeOptions, notice func(format string, args ...any)) ([]Score, error) {
	judged, err := fs.Sub(labels, "labels")
	if err != nil {
		return nil, err
	}
	return scoreDedupe(dir, judged, o, notice)
}

func scoreDedupe(dir string, judged fs.FS, o DedupeOptions, notice func(format string, args ...any)) ([]Score, error) {
	wire, err := readWire(dir)
	if err != nil {
		return nil, err
	}
	miss := func(string, ...any) {}
	if o.Misses {
		miss = notice
	}
	suite, err := newSuite(wire, o.Seed)
	if err != nil {
		return nil, err
	}
	notice("dedupe: %d mutants, %d articles in the index", len(suite.Mutants), len(suite.Articles))
	scores := scoreSuite(suite, miss)

	notice("dedupe: %d articles in the order they were sent", len(wire))
	stream := decideWire(wire)
	scores = append(scores, stream.relations("reuters")...)
	for _, part := range []func() ([]Score, error){
		func() ([]Score, error) { return scoreCorrections(dir, judged, stream, notice, miss) },
		func() ([]Score, error) { return scorePairs(judged, stream, notice, miss) },
		func() ([]Score, error) { return scoreEvents(dir, notice, miss) },
	} {
		s, err := part()
		if err != nil {
			return nil, err
		}
		scores = append(scores, s...)
	}
	notice("dedupe: speed")
	return append(scores, dedupeSpeed(wire)...), nil
}

// wireArticle is one line of a news wire.
type wireArticle struct {
	ID    string    `json:"id"`
	Title string    `json:"title"`
	Date  time.Time `json:"date"`
	Text  string    `json:"text"`
}

// readWire reads the articles in the order they were sent.
func readWire(dir string) ([]wireArticle, error) {
	files, err := find(filepath.Join(dir, "dedupe", "reuters"), "articles of a news wire", "articles.jsonl", "articles.jsonl.gz")
	if err != nil {
		return nil, err
	}
	var wire []wireArticle
	for _, file := range files {
		err := eachLine(file, func(line []byte) error {
			var a wireArticle
			if err := json.Unmarshal(line, &a); err != nil {
				return err
			}
			if a.ID == "" || a.Date.IsZero() {
				return fmt.Errorf("article %q has no id or no date", a.ID)
			}
			wire = append(wire, a)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(wire, func(a, b wireArticle) int { return a.Date.Compare(b.Date) })
	return wire, nil
}

// decideWire decides a news wire as the desk does, an article at a time, with the
// default window.
func decideWire(wire []wireArticle) *decided {
	d := newDecided(dedupe.Options{})
	for _, a := range wire {
		d.index.Expire(a.Date)
		d.enter(a.ID, d.decide(a.Date, a.Title, a.Text))
	}
	return d
}

// record makes the record that ingest would have made: number n of the stream. Without
// a headline it has none.
func record(n int, at time.Time, headline, text string) *article.Article {
	item := article.ItemID(epoch, uint64(n)+1, 0)
	language := "en"
	a := &article.Article{
		Schema: article.SchemaV1, Item: item, URI: article.URI(item), Version: 1,
		Lane: article.Live, Status: article.Usable, Kind: article.KindArticle,
		Received: at, Language: &language, Text: &text,
	}
	if headline != "" {
		a.Headline = &headline
	}
	return a
}

// epoch is when articles of sets without times were sent, a second after each other:
// all within the window.
var epoch = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

func moment(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }
