package eval

import (
	"math/rand/v2"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/summary"
)

// Summaries scores a ranker on every set in DIR/summaries, see ReadSummaries. What it
// learnt from is scored apart, as the set <name>/trained: those figures only tell that
// nothing broke. How well it does is told by articles it has not seen; for the set it
// learnt from, scripts/train prints that by leaving each fifth out in turn.
func Summaries(dir string, k *summary.Ranker, notice func(format string, args ...any)) ([]Score, error) {
	sets, err := ReadSummaries(dir)
	if err != nil {
		return nil, err
	}
	var scores []Score
	for _, set := range sets {
		notice("summaries: %s", set.Name)
		var fresh, seen []SummaryArticle
		for _, a := range set.Articles {
			if k.Seen(summary.Fingerprint(*a.Record.Text)) {
				seen = append(seen, a)
			} else {
				fresh = append(fresh, a)
			}
		}
		if len(seen) > 0 {
			notice("summaries: %d of %d articles of %s were learnt from", len(seen), len(set.Articles), set.Name)
			scores = append(scores, ScoreSummaries(set.Name+"/trained", seen, func(SummaryArticle) *summary.Ranker { return k })...)
		}
		if len(fresh) > 0 {
			scores = append(scores, ScoreSummaries(set.Name, fresh, func(SummaryArticle) *summary.Ranker { return k })...)
		}
	}
	return append(scores, summarySpeed(sets, k)), nil
}

// ScoreSummaries scores the summaries of articles beside their first sentences. ranker
// says which ranker makes the summary of an article.
func ScoreSummaries(set string, articles []SummaryArticle, ranker func(SummaryArticle) *summary.Ranker) []Score {
	var three, lead3, one, lead1, line []Rouge
	var standing, whole, right, points, fits int
	for _, a := range articles {
		k := ranker(a)
		first := Lead(k, a, 3)
		s, _, _ := k.Summarize(a.Record, summary.Options{})
		three = append(three, NewRouge(a.Reference, summarySentences(s)))
		lead3 = append(lead3, NewRouge(a.Reference, first))
		lead1 = append(lead1, NewRouge(a.Reference, first[:min(1, len(first))]))
		short, _, _ := k.Summarize(a.Record, summary.Options{Sentences: 1})
		one = append(one, NewRouge(a.Reference, summarySentences(short)))
		if s.OneLine != nil {
			line = append(line, NewRouge(a.Reference, []string{*s.OneLine}))
			if len(strings.Fields(*s.OneLine)) <= 30 {
				fits++
			}
		} else {
			line = append(line, Rouge{})
			fits++
		}
		var starts []int
		torn := false
		for _, e := range s.Sentences {
			starts = append(starts, e.Start)
			torn = torn || OpenQuote(e.Text)
		}
		if !Dangling(*a.Record.Text, starts) {
			standing++
		}
		if !torn {
			whole++
		}
		if exact(a.Record, s) {
			right++
		}
		if len(s.KeyPoints) >= 3 {
			points++
		}
	}
	n := len(articles)
	score := func(metric string, v float64) Score { return Score{"summaries", set, metric, v, n} }
	m, l := MeanRouge(three), MeanRouge(lead3)
	return []Score{
		score("r1", m.R1), score("r2", m.R2), score("rlsum", m.Lsum),
		score("lead3_r1", l.R1), score("lead3_r2", l.R2), score("lead3_rlsum", l.Lsum),
		score("p_over_lead3", Better(three, lead3)),
		score("one_sentence_r1", MeanRouge(one).R1), score("one_line_r1", MeanRouge(line).R1), score("lead1_r1", MeanRouge(lead1).R1),
		score("one_line_fits", rate(fits, n)),
		score("no_dangling_opener", rate(standing, n)), score("no_open_quote", rate(whole, n)),
		score("offsets_exact", rate(right, n)), score("key_points", rate(points, n)),
	}
}

// Lead returns the first n sentences of an article, dateline, headings and lines for
// the reader aside.
func Lead(k *summary.Ranker, a SummaryArticle, n int) (sentences []string) {
	for _, c := range k.Candidates(a.Record) {
		if len(sentences) < n {
			sentences = append(sentences, c.Text)
		}
	}
	return sentences
}

func summarySentences(s *article.Summary) (sentences []string) {
	for _, e := range s.Sentences {
		sentences = append(sentences, e.Text)
	}
	return sentences
}

// MeanRouge is the mean of each figure.
func MeanRouge(scores []Rouge) (m Rouge) {
	for _, s := range scores {
		m.R1 += s.R1
		m.R2 += s.R2
		m.Lsum += s.Lsum
	}
	n := float64(max(1, len(scores)))
	return Rouge{m.R1 / n, m.R2 / n, m.Lsum / n}
}

// resamples is the number of samples of the bootstrap: enough for three digits.
const resamples = 2000

// Better is the paired bootstrap: how often, in samples of the articles drawn with
// replacement, the mean of R1, R2 and Lsum of a is above that of b.
func Better(a, b []Rouge) float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	wins := 0
	for range resamples {
		d := 0.0
		for range a {
			i := rng.IntN(len(a))
			d += (a[i].R1 - b[i].R1) + (a[i].R2 - b[i].R2) + (a[i].Lsum - b[i].Lsum)
		}
		if d > 0 {
			wins++
		}
	}
	return float64(wins) / resamples
}

const (
	// summarySpeedWords is the length of the articles that speed is measured on.
	summarySpeedWords  = 700
	summarySpeedRounds = 3
)

// summarySpeed measures whole summaries, from text to record, a second of processor
// time.
func summarySpeed(sets []SummarySet, k *summary.Ranker) Score {
	var articles []*article.Article
	for _, set := range sets {
		for _, a := range set.Articles {
			if words := strings.Fields(*a.Record.Text); len(words) >= summarySpeedWords {
				body := strings.Join(words[:summarySpeedWords], " ")
				articles = append(articles, &article.Article{Text: &body, Language: a.Record.Language})
			}
		}
	}
	var s speed
	for range summarySpeedRounds {
		s.start()
		for _, a := range articles {
			k.Summarize(a, summary.Options{})
		}
		s.stop(len(articles))
	}
	return s.score("summaries", "speed", "summaries_per_core_second")
}
