package eval

import "strings"

// Rouge is the likeness of a summary to a reference: F1 of common words (R1), of common
// word pairs (R2) and of common subsequences, sentence by sentence (Lsum). Fractions
// of 1.
//
// The figures are those of google-research rouge_score 0.1.2 with use_stemmer=True,
// rouge1, rouge2 and rougeLsum: same words, same stems, same counting.
type Rouge struct{ R1, R2, Lsum float64 }

// NewRouge compares a summary with a reference, each given as its sentences.
func NewRouge(reference, summary []string) Rouge {
	r, s := rougeSentences(reference), rougeSentences(summary)
	rw, sw := flat(r), flat(s)
	return Rouge{RougeN(rw, sw, 1), RougeN(rw, sw, 2), rougeLsum(r, s)}
}

func rougeSentences(sentences []string) [][]string {
	words := make([][]string, len(sentences))
	for i, s := range sentences {
		words[i] = RougeWords(s)
	}
	return words
}

func flat(sentences [][]string) (words []string) {
	for _, s := range sentences {
		words = append(words, s...)
	}
	return words
}

// RougeWords returns the words of a text as ROUGE counts them: runs of a-z and 0-9 in
// lower case, those of more than three letters stemmed.
func RougeWords(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for i, w := range words {
		if len(w) > 3 {
			words[i] = stem(w)
		}
	}
	return words
}

// RougeN is the F1 of the runs of n words, 1 or 2, that two lists of words share.
func RougeN(reference, summary []string, n int) float64 {
	if len(reference) < n || len(summary) < n {
		return 0
	}
	type gram [2]string
	at := func(words []string, i int) gram {
		if n == 1 {
			return gram{words[i]}
		}
		return gram{words[i], words[i+1]}
	}
	left := make(map[gram]int, len(reference))
	for i := range len(reference) - n + 1 {
		left[at(reference, i)]++
	}
	hits := 0
	for i := range len(summary) - n + 1 {
		if g := at(summary, i); left[g] > 0 {
			left[g]--
			hits++
		}
	}
	return harmonic(hits, len(summary)-n+1, len(reference)-n+1)
}

// harmonic is F1 of hits among found and among wanted things.
func harmonic(hits, found, wanted int) float64 {
	if hits == 0 {
		return 0
	}
	p, r := float64(hits)/float64(found), float64(hits)/float64(wanted)
	return 2 * p * r / (p + r)
}

// rougeLsum is the summary-level ROUGE-L: each sentence of the reference is covered by
// its longest common subsequences with all sentences of the summary together, and no
// word is counted oftener than it occurs.
func rougeLsum(reference, summary [][]string) float64 {
	wanted, found := map[string]int{}, map[string]int{}
	n, m := 0, 0
	for _, s := range reference {
		n += len(s)
		for _, w := range s {
			wanted[w]++
		}
	}
	for _, s := range summary {
		m += len(s)
		for _, w := range s {
			found[w]++
		}
	}
	hits := 0
	for _, r := range reference {
		covered := make([]bool, len(r))
		for _, s := range summary {
			markCommon(covered, r, s)
		}
		for i, w := range r {
			if covered[i] && found[w] > 0 && wanted[w] > 0 {
				hits++
				found[w]--
				wanted[w]--
			}
		}
	}
	return harmonic(hits, m, n)
}

// markCommon marks the words of r that are in one longest common subsequence with s.
// There may be several; which is taken is part of the measure.
func markCommon(covered []bool, r, s []string) {
	width := len(s) + 1
	t := make([]int32, (len(r)+1)*width)
	for i := range r {
		row, above := t[(i+1)*width:], t[i*width:]
		for j := range s {
			if r[i] == s[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	for i, j := len(r), len(s); i > 0 && j > 0; {
		switch {
		case r[i-1] == s[j-1]:
			covered[i-1] = true
			i--
			j--
		case t[i*width+j-1] > t[(i-1)*width+j]:
			j--
		default:
			i--
		}
	}
}
