package eval

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
)

// noOriginal stands for the original of a correction that the set does not hold.
const noOriginal = "none"

// scoreCorrections rates the verdicts on articles that say they correct another one:
//
//   - corrections_linked, the share of those whose original is in the set that are in
//     its group;
//   - corrections_named, the share of the same with the relation correction;
//   - corrections_any, the share of all that are not called new.
func scoreCorrections(dir string, judged fs.FS, d *decided, notice, miss func(string, ...any)) ([]Score, error) {
	ids, err := readCorrected(dir)
	if err != nil {
		return nil, err
	}
	rows, err := readTable(judged, "reuters-corrections.tsv", "correction", "original")
	if errors.Is(err, fs.ErrNotExist) {
		notice("dedupe: no judged corrections in this program")
	} else if err != nil {
		return nil, err
	}
	var notNew, linked, named, of int
	for _, id := range ids {
		if n, ok := d.byID[id]; ok && d.entries[n].Relation != article.New {
			notNew++
		}
	}
	for _, r := range rows {
		n, ok := d.byID[r[0]]
		if !ok {
			continue // of another half of the data
		}
		if r[1] == noOriginal || r[1] == "" {
			if d.of[n] != n {
				miss("correction %s has no original: %s", r[0], d.verdict(n))
			}
			continue
		}
		original, ok := d.byID[r[1]]
		if !ok {
			continue
		}
		of++
		isLinked, isNamed := d.same(n, original), d.entries[n].Relation == article.Correction
		if isLinked {
			linked++
		}
		if isNamed {
			named++
		}
		if !isLinked || !isNamed {
			miss("correction %s of %s: linked %t; %s", r[0], r[1], isLinked, d.verdict(n))
		}
	}
	var scores []Score
	if of > 0 {
		scores = append(scores,
			Score{"dedupe", "reuters", "corrections_linked", rate(linked, of), of},
			Score{"dedupe", "reuters", "corrections_named", rate(named, of), of})
	}
	if len(ids) > 0 {
		scores = append(scores, Score{"dedupe", "reuters", "corrections_any", rate(notNew, len(ids)), len(ids)})
	}
	return scores, nil
}

// readCorrected returns the ids of the articles that say they correct another, none
// when the set does not say.
func readCorrected(dir string) ([]string, error) {
	var ids []string
	err := eachLine(filepath.Join(dir, "dedupe", "reuters", "corrected.jsonl"), func(line []byte) error {
		var c struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			return err
		}
		ids = append(ids, c.ID)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return ids, err
}
