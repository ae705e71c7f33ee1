package main

import (
	"math/rand/v2"
	"slices"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// examplesOf returns the stretches of a document that the tagger would look at, with
// their features. Names outside of them cannot be learnt.
func examplesOf(d document, clusters *crf.Clusters) []*example {
	var t crf.Text
	t.Read(crf.Tokenised(d.tokenised()), clusters)
	labels := labelsOf(d)
	sentence, before := 0, 0 // the sentence, and the token it begins with
	var out []*example
	for _, s := range t.Segments() {
		for s.First >= before+len(d[sentence].forms) {
			before += len(d[sentence].forms)
			sentence++
		}
		e := &example{Segment: s, from: d[sentence], labels: legal(slices.Clone(labels[s.First:s.Last]))}
		for i := s.First; i < s.Last; i++ {
			e.features = append(e.features, slices.Clip(t.Features(nil, i)))
		}
		out = append(out, e)
	}
	return out
}

func labelsOf(d document) []crf.Label {
	var all []crf.Label
	for _, s := range d {
		labels := make([]crf.Label, len(s.forms))
		crf.Encode(labels, s.names)
		all = append(all, labels...)
	}
	return all
}

// legal mends names that the edges of a stretch have cut.
func legal(labels []crf.Label) []crf.Label {
	names := crf.Decode(nil, labels, 0)
	crf.Encode(labels, names)
	return labels
}

// vote adds the features of the second pass to a document's examples: how l labels each
// word in all its places.
func vote(d document, examples []*example, clusters *crf.Clusters, l *learner) {
	if len(examples) == 0 {
		return
	}
	var t crf.Text
	doc := crf.Tokenised(d.tokenised())
	t.Read(doc, clusters)
	labels := make([]crf.Label, len(doc.Tokens))
	for _, e := range examples {
		l.label(e, labels[e.First:e.Last])
	}
	t.Vote(labels)
	for _, e := range examples {
		for i := range e.features {
			e.features[i] = t.VoteFeatures(e.features[i], e.First+i)
		}
	}
}

// differ counts the names of two labellings that are not the same.
func differ(a, b []crf.Label) int {
	names, others := crf.Decode(nil, a, 0), crf.Decode(nil, b, 0)
	missed := 0
	for _, n := range names {
		if !slices.Contains(others, n) {
			missed++
		}
	}
	extra := len(others) - (len(names) - missed)
	return max(missed, extra)
}

func gather(examples [][]*example, of []int) []*example {
	var out []*example
	for _, k := range of {
		out = append(out, examples[k]...)
	}
	return out
}

func concat(examples [][]*example) []*example { return slices.Concat(examples...) }

func permutation(n int, seed uint64) []int { return rand.New(rand.NewPCG(seed, 4)).Perm(n) }
