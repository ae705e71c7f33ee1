package summary

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	fewestPoints = 3
	mostPoints   = 5
	// enough is the number of sentences from which a choice of three says something.
	enough = 6
	// longestPoint is the most words of a key point.
	longestPoint = 45
	// alike is the share of words in common from which two points are one.
	alike = 0.5
)

// dangling are the words with which a sentence leans on the one before it.
var dangling = set(`he she it they we i you his her its their this that these those but and so or yet however also then
	there such meanwhile still instead moreover besides both another others`)

// subordinate words open a clause behind a comma that the sentence can do without.
var subordinate = set(`which who whose where while as after before when although though because since but according`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// leans reports whether a sentence cannot be read alone: it opens with a word that
// points back, or has half a quotation.
func leans(s string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(s, "\"“‘'(—– "), " ")
	first = strings.ToLower(strings.TrimRight(first, ",;:"))
	return dangling[first] || !closed(s)
}

// closed reports whether every quotation and bracket that opens in s closes there.
func closed(s string) bool {
	return strings.Count(s, "“") == strings.Count(s, "”") && strings.Count(s, "\"")%2 == 0 &&
		strings.Count(s, "(") == strings.Count(s, ")")
}

// keyPoints returns the three to five sentences that say most, in the order of the
// text, or none when there is not enough to choose from. Paragraphs are what the writer
// thought apart, so each gives one point before any gives two.
func (r *report) keyPoints() []string {
	if len(r.sentences) < enough {
		return nil
	}
	order := make([]int, 0, len(r.sentences))
	for i := range r.sentences {
		if s := r.sentences[i].text; !leans(s) && len(strings.Fields(s)) <= longestPoint {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.sentences[b].score, r.sentences[a].score) })
	want := min(len(r.sentences)/3+1, mostPoints)
	var chosen []int
	for _, sameParagraph := range []bool{false, true} {
		for _, i := range order {
			if len(chosen) < want && !slices.ContainsFunc(chosen, func(j int) bool { return r.clash(i, j, sameParagraph) }) {
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
		points[n] = r.sentences[i].text
	}
	return points
}

// clash reports whether two sentences cannot both be key points.
func (r *report) clash(i, j int, sameParagraph bool) bool {
	a, b := &r.sentences[i], &r.sentences[j]
	return overlap(a.words, b.words) >= alike || !sameParagraph && a.paragraph == b.paragraph
}

// overlap is the share of the shorter list that is in the other.
func overlap(a, b []int32) float64 {
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case b[j] < a[i]:
			j++
		default:
			shared++
			i++
			j++
		}
	}
	return float64(shared) / float64(max(1, min(len(a), len(b))))
}

const (
	// longestLine is the most words of a one-line summary, longestUnspaced the most
	// characters where words are not parted by spaces.
	longestLine     = 30
	longestUnspaced = 80
	// shortestCut is the least number of words left by a cut at a clause.
	shortestCut = 8
)

// oneLine returns the first sentence of the lead that fits one line and can be read
// alone. The first of all may be cut where a clause ends.
func oneLine(lead []sentence) *string {
	for i := range lead {
		s := lead[i].text
		if leans(s) && i > 0 || !closed(s) {
			continue
		}
		if fits(s) {
			return &s
		}
		if i == 0 {
			if cut := clause(s); cut != "" {
				return &cut
			}
		}
	}
	return nil
}

func fits(s string) bool {
	n := len(strings.Fields(s))
	return n <= longestLine && (n > 1 || utf8.RuneCountInString(s) <= longestUnspaced)
}

// clause returns the longest beginning of a sentence that ends where a clause ends and
// fits one line, or "".
func clause(s string) string {
	best := ""
	for i := 0; i < len(s); i++ {
		if s[i] != ',' && s[i] != ';' || i+2 > len(s) || s[i+1] != ' ' {
			continue
		}
		head, next := s[:i], s[i+2:]
		word, _, _ := strings.Cut(next, " ")
		ends := s[i] == ';' || subordinate[word] || strings.HasSuffix(word, "ing") && len(word) > 5
		if n := len(strings.Fields(head)); n > longestLine {
			break
		} else if ends && n >= shortestCut && closed(head) {
			best = head
		}
	}
	return best
}
