// Package dedupe decides how an article relates to those seen before: new, an exact or
// near copy, an excerpt, an update, a correction, or a kill.
//
// An Index remembers the articles of a window of time. Decide gives the verdict on an
// article and changes nothing; Add enters the verdict. Between the two the caller makes
// the verdict durable, so that the index is always a view of a log and can be rebuilt
// from it by Add alone:
//
//	e := x.Decide(a, dedupe.Sign(a), nil)
//	// append e to the log
//	x.Add(e, seq)
//	e.Apply(a)
//
// A verdict is found in this order:
//
//   - A kill notice is led to its story by the sender's id, the address, the slugline, a
//     headline it names, or its words (named.go).
//   - The desk may have said that two articles are the same, or are not (overrides.go).
//   - The very words of an article are an exact copy, for 30 days (chains.go).
//   - The sender's own id, or the same address, makes an article a version (named.go).
//   - Otherwise the text is compared. A signature samples one word triple in eight
//     (signature.go); an inverted table leads from triples to articles (postings.go); of
//     those that share the most by weight, the shares of either in the other are
//     estimated, with every triple weighted by how rare it is (measure.go). A share is
//     not enough: figures, names and the lead have to agree, or a form filled in for
//     another company would be a copy (verdict.go).
//
// Shares of either text in the other survive truncation, added boilerplate and quotation,
// which similarity does not. A. Broder, "On the resemblance and containment of documents"
// (1997); L. Irber et al., "Lightweight compositional analysis of metagenomes with
// FracMinHash" (2022).
//
// Only what brings nothing new stops an article: anything that may be news makes it an
// update (relate.go), which takes the uri of the article it concerns and the next version.
// A verdict names the first article, never a copy of it.
//
// The package holds no clock: time is what Article.Received says, so the same log gives
// the same verdicts.
package dedupe
