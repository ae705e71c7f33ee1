package bench

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// copyEvery is how often an article comes a second time, byte for byte: one in twenty,
// so that dedupe has both verdicts to give.
const copyEvery = 20

// articles returns n articles, every twentieth a copy of the one before it.
func articles(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		if i%copyEvery == copyEvery-1 {
			all[i] = all[i-1]
			continue
		}
		all[i] = []byte(Article(i))
	}
	return all
}

// messages returns n messages of a size, each different.
func messages(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = message(i, size)
	}
	return all
}

// message returns size bytes of prose, made of article i as often as needed.
func message(i, size int) []byte {
	text := Article(i)
	b := make([]byte, 0, size)
	for len(b) < size {
		b = append(b, text[:min(len(text), size-len(b))]...)
	}
	return b
}

// articleWords is the length of a generated article: that of an agency report.
const articleWords = 420

// Article returns made-up news number i: a headline and paragraphs of some 420 words
// with people, places, organisations, figures and quotes. The same number gives the
// same bytes; two numbers share words but hardly a phrase.
func Article(i int) string {
	w := writer{rand.New(rand.NewPCG(uint64(i), 0x6465736b))}
	place, body, who := w.pick(places), w.pick(bodies), w.person()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s after %s %s\n\n", place, body, w.pick(past), w.pick(things), w.pick(qualities), w.pick(events))
	words := 0
	for words < articleWords {
		for s := range 3 + w.IntN(3) {
			if s > 0 {
				b.WriteByte(' ')
			}
			sentence := w.sentence(place, body, who)
			words += strings.Count(sentence, " ") + 1
			b.WriteString(sentence)
		}
		b.WriteString("\n\n")
	}
	return b.String()
}

type writer struct{ *rand.Rand }

func (w writer) pick(list []string) string { return list[w.IntN(len(list))] }

func (w writer) person() string { return w.pick(given) + " " + w.pick(family) }

func (w writer) sentence(place, body, who string) string {
	surname := who[strings.IndexByte(who, ' ')+1:]
	switch w.IntN(6) {
	case 0:
		return fmt.Sprintf("The %s in %s %s %d %s %s on %s, %s the %s said.",
			body, place, w.pick(past), 2+w.IntN(900), w.pick(qualities), w.pick(things), w.pick(days), w.pick(links), w.pick(roles))
	case 1:
		return fmt.Sprintf("%q %s told the %s of %s.",
			fmt.Sprintf("We %s the %s %s before the %s %s,", w.pick(past), w.pick(qualities), w.pick(things), w.pick(qualities), w.pick(events)), surname, w.pick(roles), w.pick(places))
	case 2:
		return fmt.Sprintf("%s, %s of the %s %s, %s a %s %s near %s.",
			w.person(), w.pick(roles), w.pick(places), w.pick(bodies), w.pick(past), w.pick(qualities), w.pick(things), w.pick(places))
	case 3:
		return fmt.Sprintf("About %d.%d percent of the %s %s the %s %s, %s a %s of the %s.",
			1+w.IntN(98), w.IntN(10), w.pick(things), w.pick(past), w.pick(qualities), w.pick(events), w.pick(links), w.pick(roles), w.pick(bodies))
	case 4:
		return fmt.Sprintf("%s the %s, the %s %s had %s its %s %s for %d months.",
			w.pick(openers), w.pick(events), w.pick(qualities), w.pick(bodies), w.pick(past), w.pick(qualities), w.pick(things), 2+w.IntN(40))
	}
	return fmt.Sprintf("%s %s the %s, which %s %s %s and a %s %s.",
		who, w.pick(past), w.pick(things), w.pick(past), w.pick(qualities), w.pick(things), w.pick(qualities), w.pick(events))
}

var (
	given     = strings.Fields("Maria Tomas Amina Pavel Ingrid Kofi Lucia Anders Yusuf Helene Marta Dmitri Noor Emil Chiara Jonas Sofia Rashid Greta Mateo Leila Oskar Nadia Hugo Priya Stefan Aiko Bruno Elif Viktor")
	family    = strings.Fields("Lindqvist Okonkwo Ferrari Novak Haddad Petersen Moreau Kowalski Tanaka Almeida Brandt Castellano Dimitrov Eriksen Fontaine Gruber Hansen Ivanova Jansen Keller Lombardi Mbeki Nilsson Ortega Popescu Quist Rahman Schubert Takahashi Urbano")
	places    = strings.Fields("Vienna Lagos Oslo Lima Cairo Porto Hamburg Nairobi Krakow Genoa Bergen Quito Tunis Riga Lyon Izmir Dakar Cork Turin Gdansk Malmo Cusco Basel Accra Zagreb Bilbao Tartu Leeds Graz Amman")
	bodies    = strings.Fields("council ministry port railway hospital university authority commission court parliament union bank airport police brigade laboratory theatre museum cooperative assembly agency shipyard orchestra school utility foundation exchange institute garrison dairy")
	roles     = strings.Fields("mayor spokeswoman director engineer minister secretary judge professor inspector chairman auditor captain surgeon governor delegate economist architect treasurer analyst prosecutor")
	things    = strings.Fields("bridges contracts budgets ferries turbines schools harvests ships permits tunnels clinics trains vaccines wells archives loans taxes orchards satellites pensions cables dykes warehouses libraries reactors markets roads fares quotas licences")
	qualities = strings.Fields("disputed northern unfinished costly regional ageing temporary emergency historic flooded private joint annual coastal rural foreign secret damaged modern electric shared overdue seasonal wooden digital industrial frozen public rival vacant")
	events    = strings.Fields("storm strike election audit fire summit earthquake merger trial drought ceasefire festival inquiry blackout referendum flood census protest collapse parade negotiation evacuation tournament recession landslide epidemic hearing anniversary regatta auction")
	past      = strings.Fields("approved rejected rebuilt inspected sold closed funded moved repaired reopened delayed ordered counted shipped insured replaced restored leased abandoned inherited surveyed doubled halved seized defended renamed tested widened taxed borrowed")
	days      = strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
	links     = strings.Fields("as while although because since though")
	openers   = strings.Fields("Before After During Despite Following Until")
)
