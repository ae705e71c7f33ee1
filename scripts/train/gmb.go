package main

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

// GMB's names carry titles, and its countries and nationalities are one type. Its
// documents have lost their borders. normaliseGMB mends the first two, pseudoDocuments
// the last.

var titleWords = words(`Mr. Mr Mrs. Mrs Ms. Ms Dr. Dr President Vice Prime Minister Foreign Defense Defence Interior
	Finance Justice Secretary General Secretary-General Chancellor King Queen Prince Princess Pope Senator Sen. Gov.
	Governor Chief Judge Rev. Reverend Sir Colonel Col. Gen. Lt. Maj. Major Sgt. Capt. Captain Admiral Adm. Archbishop
	Cardinal Bishop Ayatollah Sheikh Mullah Premier Ambassador Envoy Spokesman Spokeswoman Chairman Chairwoman Director
	Commissioner Representative Rep. Congressman Congresswoman Lawmaker Leader Professor Prof. Treasury State Deputy
	Assistant Special Attorney Crown Emperor Oil Information Health Brigadier Lieutenant Commander Mayor Speaker Press
	Home Economy Trade Energy Environment Agriculture Culture Education Labor Security Adviser Advisor National Imam
	Grand Sultan Emir Cleric Lord Lady Dame Father Sister Brother Saint First former Former ex-President Ex-President
	Opposition Police Inspector Sergeant Private Cpl. Corporal Marshal Field Undersecretary Under Counselor Nobel
	Co-chairman High Managing Executive Chief-of-Staff Parliament Parliamentary Supreme Court Election Human Rights Coach
	Doctor Army Air Navy Force Marine Staff`)

var titleLinks = words("of for and the to Affairs , & -")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// peoples end the words for a country's people.
var peoples = strings.Fields("ese ish ian ians ans ims im nites ites ite nis is ns")

// normaliseGMB brings the names of a sentence to CoNLL's rules: no titles before
// persons, nationalities apart from countries.
func normaliseGMB(s *sentence, countries, demonyms map[string]bool) {
	s.names = slices.DeleteFunc(s.names, func(n crf.Name) bool {
		return n.Type == crf.Person && titleWords[s.forms[n.Last-1]] && withoutTitle(s.forms, n) == n.Last-1
	})
	for i := range s.names {
		n := &s.names[i]
		form := strings.Join(s.forms[n.First:n.Last], " ")
		last := s.forms[n.Last-1]
		switch {
		case n.Type == crf.Person:
			n.First = withoutTitle(s.forms, *n)
		case n.Type != gpe && n.Type != crf.Place:
		case countries[form]:
			n.Type = crf.Place
		case demonyms[form], n.Type == gpe && (demonyms[last] || slices.ContainsFunc(peoples, func(p string) bool { return strings.HasSuffix(last, p) })):
			n.Type = crf.Other
		default:
			n.Type = crf.Place
		}
	}
}

// withoutTitle returns where a person's name begins behind its titles, at its last
// token at the latest.
func withoutTitle(forms []string, n crf.Name) int {
	i := n.First
	for i < n.Last-1 && (titleWords[forms[i]] || titleLinks[forms[i]]) {
		i++
	}
	return i
}

// longestPseudo is the most sentences of a pseudo-document.
const longestPseudo = 25

var (
	frequent = words("U.S. I Mr. President Minister Monday Tuesday Wednesday Thursday Friday Saturday Sunday United States The")
	small    = words(`the a an he she it they we in on at of for and but or if as to his her its their our this that these
		those there when while after before since with by from also not no more most many some other both all one two new i
		you who what which where how mr. ms. mrs.`)
	goesOn = words("he she it they but the")
)

// pseudoDocuments cuts a run of sentences where one shares no capitalised word with the
// four before it.
func pseudoDocuments(all []*sentence) []document {
	var docs []document
	var doc document
	var seen []map[string]bool
	for _, s := range all {
		here := map[string]bool{}
		for _, w := range s.forms {
			if w[0] >= 'A' && w[0] <= 'Z' && len(w) > 2 && !frequent[w] && !small[strings.ToLower(w)] {
				here[w] = true
			}
		}
		linked := len(doc) == 0 || len(here) == 0 || goesOn[strings.ToLower(s.forms[0])]
		for k := max(0, len(seen)-4); k < len(seen) && !linked; k++ {
			for w := range here { // any order gives the same answer
				linked = linked || seen[k][w]
			}
		}
		if !linked || len(doc) >= longestPseudo {
			docs = append(docs, doc)
			doc, seen = nil, nil
		}
		doc = append(doc, s)
		seen = append(seen, here)
	}
	return append(docs, doc)
}
