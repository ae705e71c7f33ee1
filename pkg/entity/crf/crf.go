// Package crf finds the names in a text by a linear-chain conditional random field over
// hashed features, and tells what they name: a person, an organisation, a place, or
// something else.
//
// A Text holds what the field sees of one document: its tokens with their shapes and
// word clusters, and what the document says of each word elsewhere (is it ever written
// small, what stands beside it). A Model holds the weights. Two passes are made over a
// document; the second also sees how the first labelled each word in all its places, so
// that one clear place tells for all.
//
// Only tokens near a capital are looked at. All others are outside of names: that
// makes the tagger three times as quick and costs the names written in lower case.
//
// Training is no part of this package, but its features are the same: see
// scripts/train.
package crf

// Type is what a name names.
type Type uint8

// The types of names.
const (
	Person Type = iota
	Organisation
	Place
	Other
)

const types = 4

// Name is a run of tokens that is a name.
type Name struct {
	// First and Last are token indices, half-open.
	First, Last int
	Type        Type
	// Probability is what the model gives to exactly this name, 0 to 1, tempered by the
	// factor found when the weights were trained.
	Probability float64
}

// Label is a token's place in a name: outside, or the beginning, inside, end or single
// token of a name of some type.
type Label uint8

// Outside is the label of a token that belongs to no name.
const Outside Label = 0

// Labels is the number of labels: outside and four for each type.
const Labels = 1 + 4*types

// The four places in a name, as added to the first label of its type.
const (
	begin = iota
	inside
	end
	single
)

func label(t Type, place int) Label { return Label(1 + 4*int(t) + place) }

func (l Label) typ() Type  { return Type((l - 1) / 4) }
func (l Label) place() int { return int(l-1) % 4 }

// opens and closes report whether no name goes on across the left or right edge of a
// token with this label.
func (l Label) opens() bool  { return l == Outside || l.place() == begin || l.place() == single }
func (l Label) closes() bool { return l == Outside || l.place() == end || l.place() == single }

// follows reports whether b may stand after a.
func follows(a, b Label) bool {
	if a.closes() {
		return b.opens()
	}
	return !b.opens() && a.typ() == b.typ()
}

// Follows reports whether label b may stand after label a: a name that has begun goes
// on with its own type until it ends.
func Follows(a, b Label) bool { return follows(a, b) }

// Opens reports whether a text or a stretch of candidates may begin with the label.
func (l Label) Opens() bool { return l.opens() }

// Closes reports whether it may end with the label.
func (l Label) Closes() bool { return l.closes() }

// Encode labels a sequence of n tokens with names that do not overlap.
func Encode(labels []Label, names []Name) {
	clear(labels)
	for _, n := range names {
		if n.Last-n.First == 1 {
			labels[n.First] = label(n.Type, single)
			continue
		}
		for i := n.First; i < n.Last; i++ {
			labels[i] = label(n.Type, inside)
		}
		labels[n.First], labels[n.Last-1] = label(n.Type, begin), label(n.Type, end)
	}
}

// Decode appends the names of a labelled sequence whose first token has index first.
func Decode(names []Name, labels []Label, first int) []Name {
	for i := 0; i < len(labels); i++ {
		if labels[i] == Outside {
			continue
		}
		j := i
		for !labels[j].closes() && j+1 < len(labels) {
			j++
		}
		names = append(names, Name{First: first + i, Last: first + j + 1, Type: labels[i].typ()})
		i = j
	}
	return names
}
