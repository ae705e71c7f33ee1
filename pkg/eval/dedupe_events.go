package eval

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/dedupe"
)

// scoreEvents sends the articles of ECB+ (Cybulska and Vossen, LREC 2014) through the
// index in the order of the file: reports by many hands on two events of one kind in
// each topic. false_merges counts the pairs of different events that ended in one
// group, merges the pairs of the same event, which may be one report in two papers.
func scoreEvents(dir string, notice, miss func(string, ...any)) ([]Score, error) {
	folder := filepath.Join(dir, "stories", "ecb")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		notice("dedupe: no folder %s, so no false merges are counted", folder)
		return nil, nil
	}
	files, err := find(folder, "articles on events", "articles.jsonl", "articles.jsonl.gz")
	if err != nil {
		return nil, err
	}
	d := newDecided(dedupe.Options{})
	var events []string
	for _, file := range files {
		err := eachLine(file, func(line []byte) error {
			var a struct {
				ID    string `json:"id"`
				Event string `json:"event"`
				Text  string `json:"text"`
			}
			if err := json.Unmarshal(line, &a); err != nil {
				return err
			}
			if strings.HasSuffix(a.ID, "ecbplus") {
				_, a.Text, _ = strings.Cut(a.Text, "\n") // the first line is a link
			}
			n := len(events)
			d.enter(a.ID, d.decide(moment(n), "", a.Text))
			events = append(events, a.Event)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	notice("dedupe: ecb, %d articles", len(events))
	merges, wrong := 0, 0
	for newer := range events {
		for older := range newer {
			switch {
			case !d.same(older, newer):
			case events[older] == events[newer]:
				merges++
			default:
				wrong++
				miss("%s and %s are of different events: %s", d.ids[older], d.ids[newer], d.verdict(newer))
			}
		}
	}
	return []Score{
		{"dedupe", "ecb", "false_merges", float64(wrong), len(events)},
		{"dedupe", "ecb", "merges", float64(merges), len(events)},
		{"dedupe", "ecb", "precision", rate(merges, merges+wrong), merges + wrong},
	}, nil
}
