package extract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/copydesk/copydesk/pkg/article"
)

// Rules are a snapshot of learnt boilerplate. They are safe for concurrent use; nil has
// no rules.
type Rules struct {
	// Rev names the content: equal rules have equal revisions.
	Rev string `json:"rev"`
	// Number counts the snapshots of one desk, from 1; 0 for one that is not stored.
	Number uint64 `json:"number"`
	// Sources has the folded lines of each source, sorted.
	Sources map[string][]string `json:"sources"`
}

// Name is what a record cleaned by the rules is stamped with: "<number>-<rev>", or the
// revision of rules that are not stored.
func (r *Rules) Name() string {
	if r.Number == 0 {
		return r.Rev
	}
	return fmt.Sprintf("%d-%s", r.Number, r.Rev)
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
// name of the whole. It spares a child process the lines of all other sources.
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

// With returns the next snapshot, in which the given sources have the given lines, or r
// itself when that changes nothing.
func (r *Rules) With(sources map[string][]string) *Rules {
	next := &Rules{Number: 1, Sources: map[string][]string{}}
	if r != nil {
		next.Number = r.Number + 1
		maps.Copy(next.Sources, r.Sources)
	}
	for source, lines := range sources {
		if len(lines) == 0 {
			delete(next.Sources, source)
			continue
		}
		next.Sources[source] = lines
	}
	next.stamp()
	switch {
	case r == nil && len(next.Sources) == 0, r != nil && r.Rev == next.Rev:
		return r
	}
	return next
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
	a.Cleaning.RulesRev = optional(r.Name())
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
