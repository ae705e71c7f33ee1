package dedupe

import (
	"strconv"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// sameStory is the weighted share from which the same address still tells the same
// story. Below it the page has another one, as a page of short news does.
const sameStory = 0.1

// decideNamed recognises an article by what its sender calls it.
func (x *Index) decideNamed(q *query, e *Entry) bool {
	if k, ok := x.key(uint64(e.Keys.Provider), q); ok && x.decideProvider(q, e, k.chain) {
		return true
	}
	k, ok := x.key(uint64(e.Keys.URL), q)
	return ok && x.decideURL(q, e, k.chain)
}

// decideProvider: the sender's own id says that this is a version of that article.
func (x *Index) decideProvider(q *query, e *Entry, id uint32) bool {
	c := &x.chains.list[id]
	m, compared := x.latest(q, c)
	if q.o.differ(q.hash, c.hash) {
		return false
	}
	order := compareVersions(e.Keys.Version, c.provider)
	e.Method = MethodProvider
	switch {
	case order < 0:
		e.Relation = article.Near
		e.note("provider_version_behind", 1)
	case compared:
		e.Relation = x.relate(q, &m)
		if order > 0 && e.Relation != article.Correction || e.Relation == article.Excerpt {
			e.Relation = article.Update
		}
	default:
		e.Relation = versionMark(q.s.mark)
	}
	x.named(e, id, &m, compared)
	return true
}

// decideURL: the page is known, and has changed.
func (x *Index) decideURL(q *query, e *Entry, id uint32) bool {
	c := &x.chains.list[id]
	m, compared := x.latest(q, c)
	if q.o.differ(q.hash, c.hash) || compared && m.weighted < sameStory && !m.headline {
		return false
	}
	e.Method = MethodURL
	switch {
	case !compared:
		e.Relation = versionMark(q.s.mark)
	default:
		e.Relation = x.relate(q, &m)
		if e.Relation == article.Excerpt && q.a.Kind != article.KindPaywallStub {
			e.Relation = article.Update
		}
	}
	x.named(e, id, &m, compared)
	return true
}

// named completes the verdict on an article that its name identified.
func (x *Index) named(e *Entry, id uint32, m *match, compared bool) {
	score := 1.0
	if compared {
		score = m.score
		m.evidence(e)
	}
	x.concern(e, id, score)
}

// latest compares an article with the latest version in a chain, if its text is known
// still.
func (x *Index) latest(q *query, c *chain) (m match, ok bool) {
	if c.document < x.docs.oldest {
		return m, false
	}
	if d := x.docs.get(c.document); d.removed || !x.within(d.received, q.received) {
		return m, false
	}
	m.old = x.docs.view(c.document)
	m.measures = x.measure(q, m.old)
	m.score = m.weighted
	return m, true
}

func versionMark(m marker) article.Relation {
	if m == correctionMark {
		return article.Correction
	}
	return article.Update
}

// compareVersions orders two names of versions: numbers by size, anything else only as
// different, which counts as newer.
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	m, errM := strconv.ParseUint(a, 10, 64)
	n, errN := strconv.ParseUint(b, 10, 64)
	if errM == nil && errN == nil && m < n {
		return -1
	}
	if a == "" || b == "" {
		return 0
	}
	return 1
}

// decideKill finds the article that a notice withdraws. A notice that nothing known
// answers to still goes out: whoever has the article must hear of it.
func (x *Index) decideKill(q *query, e *Entry) {
	e.Relation, e.Method = article.Kill, MethodNone
	keys := []struct {
		method string
		key    Key
	}{
		{MethodProvider, e.Keys.Provider},
		{MethodURL, e.Keys.URL},
		{MethodSlugline, e.Keys.Slug},
		{MethodHeadline, e.Keys.Headline},
	}
	for _, name := range namesIn(value(q.a.Headline), value(q.a.Wire.EdNote), value(q.a.Text)) {
		keys = append(keys, struct {
			method string
			key    Key
		}{MethodHeadline, keyOf("headline", q.a.Source.Name, name)})
	}
	for _, k := range keys {
		if found, ok := x.key(uint64(k.key), q); ok {
			e.Method = k.method
			x.concern(e, found.chain, 1)
			return
		}
	}
	best := match{}
	for _, c := range x.candidates(q) {
		m := match{old: x.docs.view(c.id)}
		m.measures = x.measure(q, m.old)
		m.score = m.weighted
		if m.weighted >= minWeighted && m.shared >= minShared && (best.old.document == nil || m.score > best.score) {
			best = m
		}
	}
	if best.old.document != nil {
		e.Method = MethodContainment
		best.evidence(e)
		x.concern(e, best.old.chain, best.score)
	}
}

// namesIn returns what a notice may call a story by, folded: each of its lines, what
// stands in quotation marks, and what follows a colon.
func namesIn(parts ...string) (names []string) {
	add := func(s string) {
		if f := folded(unmarked(s)); strings.Count(f, " ") >= 2 { // three words at least
			names = append(names, f)
		}
	}
	for _, part := range parts {
		for line := range strings.Lines(part) {
			add(line)
			if _, after, ok := strings.Cut(line, ": "); ok {
				add(after)
			}
			for _, quoted := range quotedIn(line) {
				add(quoted)
			}
		}
	}
	return names
}

// quotedIn returns what stands between quotation marks.
func quotedIn(line string) (parts []string) {
	open := -1
	for i, r := range line {
		switch {
		case !strings.ContainsRune("\"“”„«»", r):
		case open < 0:
			open = i + len(string(r))
		default:
			parts = append(parts, line[open:i])
			open = -1
		}
	}
	return parts
}
