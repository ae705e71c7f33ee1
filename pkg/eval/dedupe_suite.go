package eval

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/text"
)

const (
	// leastWords is the length of an article from which it may be an original: a brief
	// cut to a quarter is no longer an article.
	leastWords = 80
	// leastShare is the containment from which two articles have something in common,
	// and the later one is left out of the suite: whoever finds it would not be wrong.
	leastShare = 0.2
	// maxOriginals are drawn; each is changed in every way there is.
	maxOriginals = 300
	// vocabularySize is the number of words drawn from the articles for rewording.
	vocabularySize = 3000
	// maxPostings ends the list of articles with one triple: more is a set phrase.
	maxPostings = 500
)

// Suite is the mutation suite: an index full of articles that have nothing in common,
// and changed copies of some of them. A method is to find for each copy the article it
// was made of. Since the articles were chosen to be unlike, precision on the suite says
// little about a real stream, where templates are alike.
//
// Articles have at least 80 words; their headlines are left out, so that nothing but
// the changed text leads back. Of two articles with 0.2 of the shorter one's word
// triples in common only the first is in the suite. One in five articles, by the hash of
// its id, is kept out of the index and serves as a host, the foreign text that copies
// are embedded in.
type Suite struct {
	// Articles are the texts in the index.
	Articles []string
	// Mutants are the changed copies.
	Mutants []Mutant

	ids []string // of Articles
}

// Mutant is a changed copy.
type Mutant struct {
	// Of is the index of its original in Suite.Articles.
	Of int
	// Kind names the change, "trunc50".
	Kind string
	Text string
}

// NewSuite makes the mutation suite of the articles in DIR/dedupe/reuters, see Dedupe.
func NewSuite(dir string, seed uint64) (*Suite, error) {
	wire, err := readWire(dir)
	if err != nil {
		return nil, err
	}
	return newSuite(wire, seed)
}

func newSuite(wire []wireArticle, seed uint64) (*Suite, error) {
	articles, hosts := unlike(wire)
	if len(articles) == 0 || len(hosts) == 0 {
		return nil, fmt.Errorf("make mutants: %d articles and %d hosts of %d words and more: too few", len(articles), len(hosts), leastWords)
	}
	s := &Suite{}
	for _, a := range articles {
		s.Articles = append(s.Articles, a.Text)
		s.ids = append(s.ids, a.ID)
	}
	m := &mutator{Rand: rand.New(rand.NewPCG(seed, 0x6d7574)), hosts: hosts}
	for range vocabularySize {
		words := strings.Fields(s.Articles[m.IntN(len(s.Articles))])
		m.vocabulary = append(m.vocabulary, words[m.IntN(len(words))])
	}
	for _, of := range m.Perm(len(s.Articles))[:min(maxOriginals, len(s.Articles))] {
		for _, change := range mutations {
			s.Mutants = append(s.Mutants, Mutant{of, change.kind, change.make(m, s.Articles[of])})
		}
	}
	return s, nil
}

// unlike returns the articles that are long enough and have nothing in common with an
// earlier one, and the words of the hosts, which have nothing in common with either.
func unlike(wire []wireArticle) (articles []wireArticle, hosts [][]string) {
	var c crowd
	for _, host := range []bool{false, true} {
		for _, a := range wire {
			if isHost(a.ID) != host {
				continue
			}
			words := strings.Fields(a.Text)
			if len(words) < leastWords || !c.admit(a.Text) {
				continue
			}
			if host {
				hosts = append(hosts, words)
			} else {
				articles = append(articles, a)
			}
		}
	}
	return articles, hosts
}

func isHost(id string) bool { return sha256.Sum256([]byte(id))[2]%5 == 0 }

// crowd is a number of texts that have nothing in common.
type crowd struct {
	doc      text.Document
	texts    [][]uint64 // triples, ascending
	postings map[uint64][]int32
}

// admit takes a text in unless one that is in has too much in common with it.
func (c *crowd) admit(s string) bool {
	c.doc.Scan(s)
	triples := wordTriples(&c.doc)
	shared := map[int32]int{}
	for _, t := range triples {
		for _, other := range c.postings[t] {
			shared[other]++
		}
	}
	for other, n := range shared {
		// Long lists are cut short, so what they tell is too little: count again from
		// half the share on.
		least := leastShare * float64(min(len(triples), len(c.texts[other])))
		if float64(n) >= least/2 && float64(inBoth(triples, c.texts[other])) >= least {
			return false
		}
	}
	if c.postings == nil {
		c.postings = map[uint64][]int32{}
	}
	for _, t := range triples {
		if list := c.postings[t]; len(list) < maxPostings {
			c.postings[t] = append(list, int32(len(c.texts)))
		}
	}
	c.texts = append(c.texts, triples)
	return true
}

// wordTriples returns hashes of the different runs of three words, ascending.
func wordTriples(d *text.Document) []uint64 {
	words := make([]uint64, 0, len(d.Tokens))
	for i := range d.Tokens {
		if d.Tokens[i].Kind.Lexical() {
			words = append(words, d.Tokens[i].Hash)
		}
	}
	triples := make([]uint64, 0, len(words))
	for i := 0; i+3 <= len(words); i++ {
		triples = append(triples, (words[i]*31+words[i+1])*31+words[i+2])
	}
	slices.Sort(triples)
	return slices.Compact(triples)
}

// inBoth counts the common elements of two ascending lists.
func inBoth(a, b []uint64) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			n++
			a, b = a[1:], b[1:]
		}
	}
	return n
}

// Scores rates what a method found: for each mutant the indices of the articles that it
// calls the original, none for a mutant it calls new. An article named wrongly counts
// against precision, a mutant whose original is not named against recall. The adjusted
// Rand index compares the groups that follow with the true ones, over articles and
// mutants.
func (s *Suite) Scores(set string, found [][]int) []Score {
	var all count
	kinds := map[string]*count{}
	groups := newGroups(len(s.Articles) + len(s.Mutants))
	truth := make([]int, len(s.Articles)+len(s.Mutants))
	for i := range s.Articles {
		truth[i] = i
	}
	for i, m := range s.Mutants {
		c := count{missed: 1}
		for _, of := range found[i] {
			if of == m.Of {
				c.hit, c.missed = 1, 0
			} else {
				c.extra++
			}
			groups.join(of, len(s.Articles)+i)
		}
		all.add(c)
		if kinds[m.Kind] == nil {
			kinds[m.Kind] = &count{}
		}
		kinds[m.Kind].add(c)
		truth[len(s.Articles)+i] = m.Of
	}
	scores := all.scores("dedupe", set)
	scores = append(scores, Score{"dedupe", set, "ari", adjustedRand(truth, groups.all()), len(s.Mutants)})
	for _, change := range mutations {
		if c := kinds[change.kind]; c != nil {
			scores = append(scores, Score{"dedupe", set, "recall_" + change.kind, c.recall(), c.hit + c.missed})
		}
	}
	return scores
}

// scoreSuite sends the articles of the suite through the index, then asks for a verdict
// on each mutant, which is not entered: any relation but new names its original. All
// are received a second after each other, so an hour or two holds them all.
func scoreSuite(s *Suite, miss func(string, ...any)) []Score {
	d := newDecided(dedupe.Options{})
	alone := 0
	for i, t := range s.Articles {
		e := d.decide(moment(i), "", t)
		d.enter(s.ids[i], e)
		if d.of[i] == i {
			alone++
		} else {
			miss("article %s of the suite: %s", s.ids[i], d.verdict(i))
		}
	}
	found := make([][]int, len(s.Mutants))
	for i, m := range s.Mutants {
		e := d.decide(moment(len(s.Articles)), "", m.Text)
		of := d.named(e, -1)
		if of >= 0 {
			found[i] = []int{of}
		}
		if of != m.Of {
			name := ""
			if of >= 0 {
				name = s.ids[of]
			}
			miss("%s of %s: %s", m.Kind, s.ids[m.Of], explain(e, name))
		}
	}
	return append(s.Scores("mutations", found), Score{"dedupe", "mutations", "articles_new", rate(alone, len(s.Articles)), len(s.Articles)})
}
