package eval

import (
	"math/rand/v2"
	"strings"

	"github.com/copydesk/copydesk/pkg/text"
)

// mutations are the ways in which news comes again, as far as a program can imitate
// them: cut, framed, re-ordered, reworded, badly scanned, extended, quoted whole.
var mutations = []struct {
	kind string
	make func(m *mutator, s string) string
}{
	{"trunc50", func(_ *mutator, s string) string { return head(s, 50) }},
	{"trunc25", func(_ *mutator, s string) string { return head(s, 25) }},
	{"boiler", func(m *mutator, s string) string { return m.framed(s, 2, 1) }},
	{"boiler_trunc60", func(m *mutator, s string) string { return m.framed(head(s, 60), 1, 2) }},
	{"shuffle", (*mutator).shuffled},
	{"reword5", func(m *mutator, s string) string { return m.reworded(s, 0.05) }},
	{"reword10", func(m *mutator, s string) string { return m.reworded(s, 0.10) }},
	{"reword20", func(m *mutator, s string) string { return m.reworded(s, 0.20) }},
	{"reword30", func(m *mutator, s string) string { return m.reworded(s, 0.30) }},
	{"ocr2", func(m *mutator, s string) string { return m.misread(s, 0.02) }},
	{"ocr5", func(m *mutator, s string) string { return m.misread(s, 0.05) }},
	{"drop30", func(m *mutator, s string) string { return m.thinned(s, 0.3) }},
	{"update25", (*mutator).updated},
	{"embed", (*mutator).embedded},
}

// frames are lines that sites put round an article.
var frames = []string{
	"Sign in to save this story to your reading list, or choose the morning briefing and find the day's five top stories in your mailbox at seven.",
	"You are reading one of three free stories this month. Subscribers read without limits on every device, from the price of one coffee a week.",
	"All material on this site is protected. To copy it, print it for others or use it in a product you need a licence from our syndication desk.",
	"More on this subject: the background in six charts, the view from the region, and what our correspondents expect next. Listen to the podcast.",
	"Seen something wrong on this page? Tell the readers' editor. Advertising: the story goes on after this message. Send it on by mail or message.",
}

// misreadings are what a scanner takes a character for.
const misreadings = "eoacsuitlnrmh10l5vbdgf"

// mutator changes texts. One seed gives the same changes.
type mutator struct {
	*rand.Rand
	vocabulary []string
	hosts      [][]string // words of texts that are in no index
}

// head returns the first words of a text, a share of them in per cent.
func head(s string, percent int) string {
	words := strings.Fields(s)
	return strings.Join(words[:len(words)*percent/100], " ")
}

// framed puts lines before and after a text.
func (m *mutator) framed(s string, before, after int) string {
	first := m.IntN(len(frames))
	var parts []string
	for i := range before + after {
		if i == before {
			parts = append(parts, s)
		}
		parts = append(parts, frames[(first+i)%len(frames)])
	}
	return strings.Join(parts, "\n\n")
}

// shuffled puts the sentences in another order.
func (m *mutator) shuffled(s string) string {
	all := sentencesOf(s)
	m.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all, " ")
}

// thinned leaves out a share of the sentences, never the first.
func (m *mutator) thinned(s string, p float64) string {
	var kept []string
	for i, sentence := range sentencesOf(s) {
		if i == 0 || m.Float64() >= p {
			kept = append(kept, sentence)
		}
	}
	return strings.Join(kept, " ")
}

func sentencesOf(s string) []string {
	doc := text.Scan(s)
	all := make([]string, 0, len(doc.Sentences))
	for _, sentence := range doc.Sentences {
		all = append(all, strings.Join(strings.Fields(s[sentence.Start:sentence.End]), " "))
	}
	return all
}

// reworded changes a share of the words: half of these are replaced, a quarter each are
// left out or get a word before them.
func (m *mutator) reworded(s string, p float64) string {
	var words []string
	for _, word := range strings.Fields(s) {
		if m.Float64() >= p {
			words = append(words, word)
			continue
		}
		other := m.vocabulary[m.IntN(len(m.vocabulary))]
		switch m.IntN(4) {
		case 0:
		case 1:
			words = append(words, other, word)
		default:
			words = append(words, other)
		}
	}
	return strings.Join(words, " ")
}

// misread spoils a share of the characters: half of these are taken for another, a
// quarter each are lost or torn off the one before.
func (m *mutator) misread(s string, p float64) string {
	var b strings.Builder
	for _, r := range s {
		if r == ' ' || r == '\n' || m.Float64() >= p {
			b.WriteRune(r)
			continue
		}
		switch m.IntN(4) {
		case 0:
		case 1:
			b.WriteByte(' ')
			b.WriteRune(r)
		default:
			b.WriteByte(misreadings[m.IntN(len(misreadings))])
		}
	}
	return b.String()
}

// updated puts a quarter of new text before the old, which is lightly edited.
func (m *mutator) updated(s string) string {
	lead := m.foreign(len(strings.Fields(s)) / 4)
	return strings.Join(lead, " ") + "\n\n" + m.reworded(s, 0.03)
}

// embedded puts a text in the middle of as much foreign text.
func (m *mutator) embedded(s string) string {
	host := m.foreign(len(strings.Fields(s)))
	half := len(host) / 2
	return strings.Join(host[:half], " ") + "\n\n" + s + "\n\n" + strings.Join(host[half:], " ")
}

// foreign returns n words of hosts, of as many of them as it takes.
func (m *mutator) foreign(n int) []string {
	var words []string
	for len(words) < n {
		words = append(words, m.hosts[m.IntN(len(m.hosts))]...)
	}
	return words[:n]
}
