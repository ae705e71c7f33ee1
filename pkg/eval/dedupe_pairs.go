package eval

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/copydesk/copydesk/pkg/article"
)

// judgedPair is two articles that people compared.
type judgedPair struct {
	older, newer       string // ids
	band               string
	population         float64 // pairs of the band in the whole stream
	judgeA, judgeB     string
	label              string
	olderNum, newerNum int // in the stream
}

// sameItem are the labels of pairs that are one item in two forms.
var sameItem = map[string]bool{
	string(article.Exact): true, string(article.Near): true, string(article.Excerpt): true,
	string(article.Update): true, string(article.Correction): true,
	"related": false, "different": false,
}

const pairsFile = "reuters-pairs.tsv"

// scorePairs compares the verdicts on a stream with what people said of pairs. A pair
// is accepted when both articles are in one group. The figures with "_weighted" count
// every pair as often as its band was drawn from too thinly: they hold for the whole
// stream, as far as pairs with so much in common go. Pairs are parted in two by the
// hash of the newer id: rules are tuned on "tune", and "check" shows whether they hold.
func scorePairs(judged fs.FS, d *decided, notice, miss func(string, ...any)) ([]Score, error) {
	pairs, err := readPairs(judged)
	if errors.Is(err, fs.ErrNotExist) {
		notice("dedupe: no judged pairs in this program")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known := pairs[:0]
	for _, p := range pairs {
		older, ok1 := d.byID[p.older]
		newer, ok2 := d.byID[p.newer]
		if ok1 && ok2 {
			p.olderNum, p.newerNum = older, newer
			known = append(known, p)
		}
	}
	notice("dedupe: %d of %d judged pairs are in the data", len(known), len(pairs))
	if len(known) == 0 {
		return nil, nil
	}
	for _, p := range known {
		relation := string(d.entries[p.newerNum].Relation)
		if accepted := d.same(p.olderNum, p.newerNum); accepted != sameItem[p.label] || accepted && relation != p.label {
			miss("pair %s %s is %s (%s, %s): accepted %t; %s; the older one %s", p.older, p.newer, p.label, p.judgeA, p.judgeB, accepted, d.verdict(p.newerNum), d.verdict(p.olderNum))
		}
	}
	var tune, check []judgedPair
	for _, p := range known {
		if sha256.Sum256([]byte(p.newer))[1]%2 == 0 {
			tune = append(tune, p)
		} else {
			check = append(check, p)
		}
	}
	scores := append(pairScores("pairs", known, d), judgeScores("pairs", known)...)
	scores = append(scores, pairScores("pairs/tune", tune, d)...)
	return append(scores, pairScores("pairs/check", check, d)...), nil
}

func readPairs(judged fs.FS) ([]judgedPair, error) {
	rows, err := readTable(judged, pairsFile, "older", "newer", "band", "population", "judge_a", "judge_b", "label")
	if err != nil {
		return nil, err
	}
	var pairs []judgedPair
	for i, r := range rows {
		population, err := strconv.ParseFloat(r[3], 64)
		if err != nil {
			return nil, fmt.Errorf("%s line %d: population: %w", pairsFile, i+2, err)
		}
		for _, label := range r[4:] {
			if _, ok := sameItem[label]; !ok {
				return nil, fmt.Errorf("%s line %d: no label %q", pairsFile, i+2, label)
			}
		}
		pairs = append(pairs, judgedPair{older: r[0], newer: r[1], band: r[2], population: population, judgeA: r[4], judgeB: r[5], label: r[6]})
	}
	return pairs, nil
}

// pairScores rates the verdicts on some of the judged pairs.
func pairScores(set string, pairs []judgedPair, d *decided) []Score {
	drawn := map[string]float64{}
	for _, p := range pairs {
		drawn[p.band]++
	}
	var plain count
	var hit, extra, missed float64
	type tally struct{ right, of int }
	relations := map[string]*tally{}
	var all tally
	for _, p := range pairs {
		weight := p.population / drawn[p.band]
		switch accepted, gold := d.same(p.olderNum, p.newerNum), sameItem[p.label]; {
		case accepted && gold:
			plain.hit++
			hit += weight
			if relations[p.label] == nil {
				relations[p.label] = &tally{}
			}
			right := 0
			if string(d.entries[p.newerNum].Relation) == p.label {
				right = 1
			}
			for _, t := range []*tally{&all, relations[p.label]} {
				t.right += right
				t.of++
			}
		case accepted:
			plain.extra++
			extra += weight
		case gold:
			plain.missed++
			missed += weight
		}
	}
	scores := plain.scores("dedupe", set)
	for i := range scores {
		scores[i].N = len(pairs) // those to be rejected count too
	}
	scores = append(scores,
		Score{"dedupe", set, "f1_weighted", share(2*hit, 2*hit+extra+missed), len(pairs)},
		Score{"dedupe", set, "precision_weighted", share(hit, hit+extra), len(pairs)},
		Score{"dedupe", set, "recall_weighted", share(hit, hit+missed), len(pairs)},
		Score{"dedupe", set, "relation", rate(all.right, all.of), all.of})
	for _, r := range []article.Relation{article.Exact, article.Near, article.Excerpt, article.Update, article.Correction} {
		if t := relations[string(r)]; t != nil {
			scores = append(scores, Score{"dedupe", set, "relation_" + string(r), rate(t.right, t.of), t.of})
		}
	}
	return scores
}

// judgeScores says how far the judges agreed before they talked: what a program can be
// asked for.
func judgeScores(set string, pairs []judgedPair) []Score {
	var a, b []bool
	equal := 0
	for _, p := range pairs {
		a, b = append(a, sameItem[p.judgeA]), append(b, sameItem[p.judgeB])
		if p.judgeA == p.judgeB {
			equal++
		}
	}
	return []Score{
		{"dedupe", set, "judges_kappa", kappa(a, b), len(pairs)},
		{"dedupe", set, "judges_equal", rate(equal, len(pairs)), len(pairs)},
	}
}

// share is a/b, 1 for nothing of nothing.
func share(a, b float64) float64 {
	if b == 0 {
		return 1
	}
	return a / b
}
