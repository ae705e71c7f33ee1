package main

import (
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/dedupe"
)

// copydesk is this repository's own, called as its desk does: one verdict, which names
// one article or none.
type copydesk struct {
	index   *dedupe.Index
	numbers map[string]int // item to number of the article
	last    dedupe.Entry   // the verdict on the text read last
}

// start is when the first article arrives; the others follow a second after each other.
var start = time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)

func newCopydesk() *copydesk {
	return &copydesk{index: dedupe.NewIndex(dedupe.Options{}), numbers: map[string]int{}}
}

func (c *copydesk) read(t string) {
	n := len(c.numbers)
	item := article.ItemID(start, uint64(n)+1, 0)
	a := &article.Article{Item: item, URI: article.URI(item), Version: 1, Received: start.Add(time.Duration(n) * time.Second), Text: &t}
	c.last = c.index.Decide(a, dedupe.Sign(a), nil)
}

func (c *copydesk) add() {
	c.numbers[c.last.Item] = len(c.numbers)
	c.index.Add(c.last, uint64(len(c.numbers)))
}

func (c *copydesk) find() []int {
	if c.last.Relation == article.New || c.last.Of == nil {
		return nil
	}
	item, _ := article.ItemOf(*c.last.Of)
	if n, ok := c.numbers[item]; ok {
		return []int{n}
	}
	return nil
}
