package dedupe

import "time"

// decideText compares an article with those that share its phrases.
func (x *Index) decideText(q *query, e *Entry) {
	best := match{}
	for _, c := range x.candidates(q) {
		m, ok := x.match(q, c.id)
		if ok && (best.old.document == nil || m.score > best.score) {
			best = m
		}
	}
	if best.old.document == nil {
		return
	}
	e.Relation, e.Method = x.relate(q, &best), MethodContainment
	best.evidence(e)
	x.concern(e, best.old.chain, best.score)
}

// match is an older article that an article is a copy or version of.
type match struct {
	old view
	measures
	score float64
}

func (x *Index) match(q *query, id uint32) (m match, ok bool) {
	m.old = x.docs.view(id)
	if q.o.differ(q.hash, m.old.hash) {
		return m, false
	}
	m.measures = x.measure(q, m.old)
	m.score = m.weighted
	if q.s.mark == correctionMark {
		// What a correction repeats may be little; whom it is about is not.
		m.score = max(m.score, (m.weighted+m.lead)/2)
	}
	return m, m.accept(q.s.mark)
}

// evidence notes what a verdict rests on.
func (m *match) evidence(e *Entry) {
	e.note("share_found_in_original", m.inOld)
	e.note("share_of_original_found", m.inNew)
	e.note("weighted_share", m.weighted)
	e.note("fingerprints_shared", float64(m.shared))
	if m.figures >= 0 {
		e.note("figures_agree", m.figures)
	}
	if m.names >= 0 {
		e.note("names_agree", m.names)
	}
	e.note("lead_agrees", m.lead)
}

// The thresholds below were set by hand on half of 420 labelled pairs of a news wire
// (pkg/eval/labels) and hold on the other half: `copydesk eval dedupe` shows both.
const (
	// minWeighted is the weighted share, minRare the number of rare triples from which two
	// articles may be the same. What is all of it in the other needs fewer.
	minWeighted, minRare, minRareWhole = 0.35, 3, 2
	// whole is the weighted share from which nothing is left to disagree in.
	whole = 0.95
	// minSupport is what the share and the agreement of names must come to together: a
	// report in other words names the same people, and a form filled in for another
	// company does not.
	minSupport = 1.2
	// From long words on, templates are rare and every share means more: a copy with
	// three words in ten replaced has a third of its triples left.
	long                            = 80
	minWeightedLong, minSupportLong = 0.2, 0.8
	minRareLong                     = 4
	// Less than half in common may also be the background of another report. A copy, a
	// version or an excerpt has it from the first paragraphs on.
	half, leadTriples = 0.5, 100
	// minFigures and minLead are the agreements below which two articles are not the
	// same, however alike. Where nearly all the words are, the lead may be another one.
	minFigures, minLead = 0.5, 0.4
	nearlyAll           = 0.75
	minLeadNearlyAll    = 0.25
	// muchLong is the share of a long article from which the lead does not matter: a
	// damaged copy spells it otherwise, a collection begins with another report.
	muchLong    = 0.6
	minRareMuch = 8

	// form is the length up to which an article may be a form filled in, such as a
	// dividend: then every name of either headline counts, and more so when either has a
	// figure that the other has not.
	form           = 60
	minLeads       = 0.55
	minLeadsMended = 0.75

	// later is the difference in time from which a report in the same words is rather the
	// next of a series. Versions follow each other within hours; series come daily.
	later            = 18 * time.Hour
	minWeightedLater = 0.6
	// minFiguresMended is the agreement of figures that a correction of the day before
	// still has.
	minFiguresMended = 0.8

	// minLeadMarked and minNamesMarked are enough for an article that says itself that it
	// corrects another.
	minLeadMarked, minNamesMarked = 0.55, 0.5
)

// accept reports whether two articles are versions or copies of one.
func (m *measures) accept(mark marker) bool {
	figures, names := m.figures, m.names
	if figures < 0 {
		figures = 1
	}
	if names < 0 {
		names = 1
	}
	if m.fewerFigures >= 2 && figures < minFigures {
		return false
	}
	if mark == correctionMark && m.lead >= minLeadMarked && names >= minNamesMarked {
		return true
	}
	share, support, rare, lead := minWeighted, minSupport, minRare, minLead
	if m.shorter >= long {
		share, support, rare = minWeightedLong, minSupportLong, minRareLong
	}
	switch {
	case m.shorter >= long && m.weighted >= muchLong && m.rare >= minRareMuch:
		lead = 0
	case m.weighted >= nearlyAll && m.rare >= minRareMuch:
		lead = minLeadNearlyAll
	}
	if m.inOld == 1 || m.inNew == 1 {
		rare = minRareWhole
	}
	switch {
	case m.longer < form && m.bothLeads < minLeads,
		m.longer < form && m.onlyNew > 0 && m.onlyOld > 0 && m.bothLeads < minLeadsMended,
		m.weighted < half && m.opening == 0 && m.longer >= form,
		m.weighted < share, m.rare < rare, m.weighted < whole && m.weighted+names < support, m.lead < lead:
		return false
	case m.gap < later:
		return true
	case mark == correctionMark:
		return figures >= minFiguresMended
	}
	return figures == 1 && m.weighted >= minWeightedLater
}
