package extract

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Edges learns the boilerplate of one source: the lines that open or close its articles
// again and again, and that no general rule knows.
//
// What was learnt takes no effect by itself. It is entered into Rules, a snapshot whose
// name is stamped on every record it cleaned (Cleaning.RulesRev), and a replay with the
// same snapshot cleans the same way. Keeping the counts and handing snapshots round is
// the caller's work.
//
// An Edges is not safe for concurrent use. The zero value is empty.
type Edges struct {
	articles int
	prints   []uint64              // of the latest articles, oldest first
	lines    map[uint64]*edgeCount // by hash of key
}

// edgeCount is how many articles had a line at their edge, and on which days.
type edgeCount struct {
	Key      string  `json:"key"`
	Articles int     `json:"articles"`
	Inside   int     `json:"inside,omitzero"` // articles that had it elsewhere: then it is no boilerplate
	Days     []int64 `json:"days"`            // since 1970, the first learntDays of them, sorted
	Learnt   bool    `json:"learnt,omitzero"`
}

const (
	// learntArticles is the fewest articles with a line at the edge before it counts,
	// learntDays the fewest days they came on and learntShare the least share of the
	// source's articles: a running story repeats a background line too, but for a few
	// days and in few of a source's articles. A line that was learnt stays until its
	// share is below keptShare, so that one on the border does not come and go.
	learntArticles, learntDays = 5, 3
	learntShare, keptShare     = 0.1, 0.05
	// maxEdgeLines bounds what is kept of a source, maxLearnt what is learnt of it: more
	// than 60 lines of six an article cannot have a tenth of the articles each.
	maxEdgeLines, maxLearnt = 1000, 64
	// maxPrints is how many of a source's latest articles are recognised,
	// maxEdgeArticles after how many the counts are halved.
	maxPrints, maxEdgeArticles = 1024, 4096
)

// Learn counts an article that was received at a time, and reports whether it did: near
// copies among the source's latest 1,024 articles are no news about its boilerplate.
//
// It keeps itself small. Of more than 1,000 lines the half that fewer articles have goes;
// after 4,096 articles all counts are halved, which also lets a new layout outweigh an
// old one.
func (e *Edges) Learn(a Edge, received time.Time) bool {
	if slices.Contains(e.prints, a.Print) {
		return false
	}
	if e.prints = append(e.prints, a.Print); len(e.prints) > maxPrints {
		e.prints = slices.Delete(e.prints, 0, len(e.prints)-maxPrints)
	}
	if e.lines == nil {
		e.lines = map[uint64]*edgeCount{}
	}
	e.articles++
	day := received.Unix() / (24 * 60 * 60)
	for _, key := range a.Lines {
		h := hashOf([]byte(key))
		c := e.lines[h]
		if c == nil {
			c = &edgeCount{Key: key}
			e.lines[h] = c
		}
		c.Articles++
		c.on(day)
	}
	for _, h := range a.Inside {
		if c := e.lines[h]; c != nil {
			c.Inside++
		}
	}
	e.shrink()
	return true
}

// on notes a day. Only the earliest few are kept, whatever order they come in.
func (c *edgeCount) on(day int64) {
	i, found := slices.BinarySearch(c.Days, day)
	if found || i >= learntDays {
		return
	}
	c.Days = slices.Insert(c.Days, i, day)
	c.Days = c.Days[:min(len(c.Days), learntDays)]
}

func (e *Edges) shrink() {
	if e.articles > maxEdgeArticles {
		e.articles /= 2
		for h, c := range e.lines {
			c.Articles /= 2
			c.Inside /= 2
			if c.Articles == 0 {
				delete(e.lines, h)
			}
		}
	}
	if len(e.lines) > maxEdgeLines {
		e.Shrink()
	}
}

// Shrink forgets the half of the lines that fewer articles have, and reports whether
// there was one to forget. It makes room where the counts are stored.
func (e *Edges) Shrink() bool {
	all := e.sorted()
	slices.SortStableFunc(all, func(a, b *edgeCount) int { return cmp.Compare(b.Articles, a.Articles) })
	gone := all[len(all)/2:]
	for _, c := range gone {
		delete(e.lines, hashOf([]byte(c.Key)))
	}
	return len(gone) > 0
}

// sorted returns the lines in the order of their keys.
func (e *Edges) sorted() []*edgeCount {
	all := make([]*edgeCount, 0, len(e.lines))
	for _, c := range e.lines {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *edgeCount) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// Learnt returns the source's boilerplate as it stands, folded and sorted, at most 64
// lines. It notes what it returns: call it before the counts are stored.
func (e *Edges) Learnt() []string {
	all := e.sorted()
	slices.SortStableFunc(all, func(a, b *edgeCount) int { return cmp.Compare(b.Articles, a.Articles) })
	var keys []string
	for _, c := range all {
		share := learntShare
		if c.Learnt {
			share = keptShare
		}
		c.Learnt = len(keys) < maxLearnt && c.Articles >= learntArticles && len(c.Days) >= learntDays &&
			c.Inside*10 < c.Articles && float64(c.Articles) >= share*float64(e.articles)
		if c.Learnt {
			keys = append(keys, c.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// storedEdges is how counts are stored: equal counts give equal bytes.
type storedEdges struct {
	Articles int          `json:"articles"`
	Prints   []byte       `json:"prints"` // big-endian
	Lines    []*edgeCount `json:"lines"`
}

// Encode returns the counts as JSON.
func (e *Edges) Encode() ([]byte, error) {
	s := storedEdges{Articles: e.articles, Lines: e.sorted()}
	for _, p := range e.prints {
		s.Prints = binary.BigEndian.AppendUint64(s.Prints, p)
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode edges: %w", err)
	}
	return b, nil
}

// ParseEdges reads what Encode returned.
func ParseEdges(data []byte) (*Edges, error) {
	var s storedEdges
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("read edges: %w", err)
	}
	if len(s.Prints)%8 != 0 || len(s.Prints) > 8*maxPrints || len(s.Lines) > maxEdgeLines || s.Articles < 0 {
		return nil, fmt.Errorf("read edges: %d bytes of prints and %d lines", len(s.Prints), len(s.Lines))
	}
	e := &Edges{articles: s.Articles, lines: make(map[uint64]*edgeCount, len(s.Lines))}
	for b := s.Prints; len(b) > 0; b = b[8:] {
		e.prints = append(e.prints, binary.BigEndian.Uint64(b))
	}
	for _, c := range s.Lines {
		if c == nil || c.Key == "" || len(c.Days) > learntDays || !slices.IsSorted(c.Days) {
			return nil, fmt.Errorf("read edges: a line is broken")
		}
		e.lines[hashOf([]byte(c.Key))] = c
	}
	return e, nil
}
