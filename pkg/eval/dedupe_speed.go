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
	var signing, deciding speed
	for range speedRounds {
		signing.start()
		for _, a := range articles {
			dedupe.Sign(a)
		}
		signing.stop(len(articles))

		x := dedupe.NewIndex(dedupe.Options{})
		deciding.start()
		for _, a := range articles {
			x.Add(x.Decide(a))
		}
		deciding.stop(len(articles))
	}
	return []Score{
		signing.score("dedupe", "speed", "signatures_per_core_second"),
		deciding.score("dedupe", "speed", "decisions_per_core_second"),
	}
}
