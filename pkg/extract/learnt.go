package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
)

// Edges learns the boilerplate of each source: the lines that open or close its
// articles again and again, and that no general rule knows.
//
// What was learnt takes no effect by itself. Snapshot freezes it under a revision,
// the revision is stamped on every record it cleaned (Cleaning.RulesRev), and a
// replay with the same snapshot cleans the same way. Keeping the counts and handing
// snapshots round is the caller's work.
//
// An Edges is not safe for concurrent use. The zero value is empty.
type Edges struct {
	sources map[string]*sourceEdges
}

type sourceEdges struct {
	articles int
	lines    map[string]*edgeCount
}

// edgeCount is how many articles had a line at their edge, and on how many days.
type edgeCount struct {
	text     string // as first seen
	articles int
	inside   int // articles that had it elsewhere: then it is no boilerplate
	days     int
	lastDay  int64
}

const (
	// edgeLines is how many lines from either end of an article are its edge.
	edgeLines = 3
	// learntArticles is the fewest articles with a line at the edge before it counts,
	// learntDays the fewest days they came on and learntShare the least share of the
	// source's articles: a running story repeats a background line too, but for a few
	// days and in few of a source's articles.
	learntArticles, learntDays, learntShare = 5, 3, 0.1
	// maxEdgeLines bounds what is kept of one source. When it is full the lines seen
	// once go.
	maxEdgeLines = 2000
)

// Learn counts the edges of an article's paragraphs, as they are before cleaning.
func (e *Edges) Learn(source string, paragraphs []string, received time.Time) {
	if source == "" || len(paragraphs) < 2*edgeLines { // too short to have an edge and a middle
		return
	}
	if e.sources == nil {
		e.sources = map[string]*sourceEdges{}
	}
	s := e.sources[source]
	if s == nil {
		s = &sourceEdges{lines: map[string]*edgeCount{}}
		e.sources[source] = s
	}
	s.articles++
	day := received.Unix() / (24 * 60 * 60)
	counted := map[string]bool{}
	for i, p := range paragraphs {
		key := edgeKey(p)
		if key == "" || counted[key] {
			continue
		}
		counted[key] = true
		c := s.lines[key]
		if i >= edgeLines && i < len(paragraphs)-edgeLines {
			if c != nil {
				c.inside++
			}
			continue
		}
		if c == nil {
			c = &edgeCount{text: p, lastDay: -1}
			s.lines[key] = c
		}
		c.articles++
		if day != c.lastDay {
			c.days++
			c.lastDay = day
		}
	}
	if len(s.lines) > maxEdgeLines {
		for key, c := range s.lines {
			if c.articles == 1 {
				delete(s.lines, key)
			}
		}
	}
}

// edgeKey folds a line so that a date or a number in it makes no difference, or
// returns "" for a line that is too long to be boilerplate.
func edgeKey(line string) string {
	if len(line) > 4*maxBoilerplate || len([]rune(line)) > maxBoilerplate {
		return ""
	}
	var b strings.Builder
	for _, w := range strings.FieldsFunc(strings.ToLower(line), notWord) {
		if w[0] >= '0' && w[0] <= '9' {
			w = "0"
		}
		b.WriteString(w)
		b.WriteByte(' ')
	}
	return b.String()
}

// Snapshot returns what was learnt so far as rules that do not change any more.
func (e *Edges) Snapshot() *Rules {
	r := &Rules{Sources: map[string][]string{}}
	for name, s := range e.sources {
		var keys []string
		for key, c := range s.lines {
			if c.articles >= learntArticles && c.days >= learntDays && c.inside*10 < c.articles &&
				float64(c.articles) >= learntShare*float64(s.articles) {
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			slices.Sort(keys)
			r.Sources[name] = keys
		}
	}
	return r.stamp()
}

// Rules are a snapshot of learnt boilerplate. They are safe for concurrent use.
type Rules struct {
	// Rev names the content: equal rules have equal revisions.
	Rev string `json:"rev"`
	// Number counts the snapshots of one desk; who stores them sets it.
	Number uint64 `json:"number"`
	// Sources has the folded lines of each source, sorted.
	Sources map[string][]string `json:"sources"`
}

// Learnt reports whether a line at the edge of a source's article is boilerplate.
func (r *Rules) Learnt(source, line string) bool {
	lines := r.Sources[source]
	if len(lines) == 0 {
		return false
	}
	_, found := slices.BinarySearch(lines, edgeKey(line))
	return found
}

// Of returns the part of the rules that the articles of one source need, under the
// revision of the whole. It spares a child process the lines of all other sources.
func (r *Rules) Of(source string) *Rules {
	if r == nil {
		return nil
	}
	part := &Rules{Rev: r.Rev, Number: r.Number}
	if lines := r.Sources[source]; len(lines) > 0 {
		part.Sources = map[string][]string{source: lines}
	}
	return part
}

// ParseRules reads a snapshot that was stored as JSON and checks that it is whole.
func ParseRules(data []byte) (*Rules, error) {
	var r Rules
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	for _, lines := range r.Sources {
		if !slices.IsSorted(lines) {
			return nil, fmt.Errorf("read rules %s: lines are out of order", r.Rev)
		}
	}
	if rev := r.Rev; r.stamp().Rev != rev {
		return nil, fmt.Errorf("read rules: content is of revision %s, not %s", r.Rev, rev)
	}
	return &r, nil
}

// stamp sets the revision from the content.
func (r *Rules) stamp() *Rules {
	data, err := json.Marshal(r.Sources, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("rules: %v", err)) // a map of strings always marshals
	}
	sum := sha256.Sum256(data)
	r.Rev = hex.EncodeToString(sum[:6])
	return r
}

// dropLearnt takes the learnt boilerplate of an article's source off its edges.
func dropLearnt(a *article.Article, paragraphs []string, r *Rules) []string {
	if r == nil {
		return paragraphs
	}
	a.Cleaning.RulesRev = optional(r.Rev)
	head, tail := learntLines(r, a.Source.Name, paragraphs)
	kept := paragraphs[head : len(paragraphs)-tail]
	for _, gone := range [][]string{paragraphs[:head], paragraphs[len(paragraphs)-tail:]} {
		for _, line := range gone {
			a.Cleaning.Removed = append(a.Cleaning.Removed, article.Removed{Text: line, Rule: "learnt"})
		}
	}
	return kept
}

// learntLines reports how many paragraphs at the start and at the end of an article
// are its source's learnt boilerplate. A line that is not ends the edge, and half of
// the article always stays.
func learntLines(r *Rules, source string, paragraphs []string) (head, tail int) {
	most := min(edgeLines, len(paragraphs)/4)
	for head < most && r.Learnt(source, paragraphs[head]) {
		head++
	}
	for tail < most && r.Learnt(source, paragraphs[len(paragraphs)-1-tail]) {
		tail++
	}
	return head, tail
}
