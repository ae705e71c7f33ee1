package summary

import (
	"cmp"
	"slices"
)

const (
	fewestPoints = 3
	mostPoints   = 5
	// enough is the number of sentences from which a choice of three says something.
	enough = 6
	// longestPoint is the most words of a key point.
	longestPoint = 45
	// alike is the cosine from which two points are one.
	alike = 0.5
)

// keyPoints returns the three to five sentences that say most and stand alone, in the
// order of the text, or none when there is not enough to choose from. Paragraphs are
// what the writer thought apart, so each gives one point before any gives two.
func (r *reader) keyPoints() []string {
	if len(r.sentences) < enough {
		return nil
	}
	var order []int
	for i := range r.sentences {
		s := &r.sentences[i]
		if !s.torn && (s.leans == stands || i == 0) && r.spaced(s.first, s.last) <= longestPoint {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.sentences[b].score, r.sentences[a].score) })
	want := min(len(r.sentences)/3+1, mostPoints)
	var chosen []int
	for _, sameParagraph := range []bool{false, true} {
		for _, i := range order {
			clashes := func(j int) bool {
				return !sameParagraph && r.sentences[i].paragraph == r.sentences[j].paragraph || r.cosineOf(i, j) >= alike
			}
			if len(chosen) < want && !slices.ContainsFunc(chosen, clashes) {
				chosen = append(chosen, i)
			}
		}
	}
	if len(chosen) < fewestPoints {
		return nil
	}
	slices.Sort(chosen)
	points := make([]string, len(chosen))
	for n, i := range chosen {
		points[n] = r.text(&r.sentences[i])
	}
	return points
}

// cosineOf compares two sentences; a sentence and itself are 1.
func (r *reader) cosineOf(i, j int) float64 {
	x := &r.scratch
	if i == j {
		return 1
	}
	sum := 0.0
	a, b := x.begin[i], x.begin[j]
	for a < x.begin[i+1] && b < x.begin[j+1] {
		switch {
		case x.list[a] < x.list[b]:
			a++
		case x.list[b] < x.list[a]:
			b++
		default:
			sum += x.weight[a] * x.weight[b]
			a++
			b++
		}
	}
	if sum == 0 {
		return 0
	}
	return sum / (x.norm[i] * x.norm[j])
}
