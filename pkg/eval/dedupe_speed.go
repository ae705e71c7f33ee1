package eval

import (
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

const (
	// speedWords is the length of the articles that speed is measured on: that of an
	// agency report, three of the wire's short ones in a row.
	speedWords = 420
	// speedRounds is how often they are all signed and decided, to even out chance.
	speedRounds = 3
)

// dedupeSpeed measures signatures, their tokens included, and decisions, each entered
// into the index, a second of processor time.
func dedupeSpeed(wire []wireArticle) []Score {
	var articles []*article.Article
	var words []string
	for _, a := range wire {
		words = append(words, strings.Fields(a.Text)...)
		for len(words) >= speedWords {
			n := len(articles)
			articles = append(articles, record(n, moment(n), "", strings.Join(words[:speedWords], " ")))
			words = words[speedWords:]
		}
	}
	signatures := make([]dedupe.Signature, len(articles))
	var signing, deciding speed
	for range speedRounds {
		signing.start()
		for i, a := range articles {
			signatures[i] = dedupe.Sign(a)
		}
		signing.stop(len(articles))

		x := dedupe.NewIndex(dedupe.Options{})
		deciding.start()
		for i, a := range articles {
			x.Add(x.Decide(a, signatures[i], nil), uint64(i)+1)
		}
		deciding.stop(len(articles))
	}
	return []Score{
		signing.score("dedupe", "speed", "signatures_per_core_second"),
		deciding.score("dedupe", "speed", "decisions_per_core_second"),
	}
}
