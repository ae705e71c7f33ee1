package entity

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// foreignNews is an article whose names are known.
type foreignNews struct {
	part  string // tune or report
	text  string
	names map[string]bool // "start-end type"
}

var nameLabel = regexp.MustCompile(`\[(person|organisation|place):([^\]]+)\]`)

// labelledNews reads the articles of a language.
func labelledNews(t testing.TB, lang string) []foreignNews {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "languages", lang+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []foreignNews
	for section := range strings.SplitSeq("\n"+string(b), "\n# ") {
		part, body, ok := strings.Cut(section, "\n")
		if !ok || part == "" {
			continue
		}
		l := foreignNews{part: part, names: map[string]bool{}}
		body = strings.TrimSpace(body)
		var text strings.Builder
		last := 0
		for _, m := range nameLabel.FindAllStringSubmatchIndex(body, -1) {
			text.WriteString(body[last:m[0]])
			start := utf8.RuneCountInString(text.String())
			text.WriteString(body[m[4]:m[5]])
			typ := body[m[2]:m[3]]
			l.names[fmt.Sprintf("%d-%d %s", start, utf8.RuneCountInString(text.String()), typ)] = true
			last = m[1]
		}
		text.WriteString(body[last:])
		l.text = text.String()
		all = append(all, l)
	}
	return all
}

// score counts names by the exact span and type.
type score struct{ right, found, gold int }

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.found)) }
func (s score) recall() float64    { return float64(s.right) / float64(max(1, s.gold)) }

func (s *score) count(t testing.TB, lang string, l foreignNews) {
	entities, _, _ := Tag(&article.Article{Language: &lang, Text: &l.text})
	runes := []rune(l.text)
	s.gold += len(l.names)
	missed := []string{}
	found := map[string]bool{}
	for _, e := range entities {
		for _, m := range e.Mentions {
			if e.Type == article.Other || m.Form == formDemonym {
				continue
			}
			name := fmt.Sprintf("%d-%d %s", m.Start, m.End, e.Type)
			found[name] = true
			s.found++
			if l.names[name] {
				s.right++
			} else if l.part == "tune" {
				t.Logf("%s wrong: %s %q", lang, e.Type, m.Text)
			}
		}
	}
	for name := range l.names {
		if !found[name] && l.part == "tune" {
			var from, to int
			var typ string
			if _, err := fmt.Sscanf(name, "%d-%d %s", &from, &to, &typ); err != nil {
				t.Fatal(err)
			}
			missed = append(missed, fmt.Sprintf("%s %q", typ, string(runes[from:to])))
		}
	}
	slices.Sort(missed)
	for _, m := range missed {
		t.Logf("%s missed: %s", lang, m)
	}
}

// The quality of names by language: exact spans and types in the articles of
// testdata/languages. With -v it prints the table of MODELS.md and what is wrong in the
// articles that rules may be tuned on.
func TestTag_namesInOtherLanguages(t *testing.T) {
	t.Parallel()
	table := "language  articles  precision  recall  names\n"
	for _, lang := range []string{"de", "fr", "es", "it", "pt", "nl"} {
		for _, part := range []string{"tune", "report"} {
			var s score
			for _, l := range labelledNews(t, lang) {
				if l.part == part {
					s.count(t, lang, l)
				}
			}
			if s.precision() < 0.85 || s.recall() < 0.8 {
				t.Errorf("%s, %s: precision %.2f, recall %.2f, want at least 0.85 and 0.80", lang, part, s.precision(), s.recall())
			}
			table += fmt.Sprintf("%-9s %-9s %9.1f %7.1f %6d\n", lang, part, 100*s.precision(), 100*s.recall(), s.gold)
		}
	}
	t.Log("\n" + table)
}

// Where nothing is known of a language its capitals say nothing.
func TestTag_makesNoGarbageOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for lang, body := range map[string]string{
		"pl": "Prezydent Ewa Malinowska spotkała się w Katowicach z Ministrem Obrony. Rozmowy w Berlinie trwały.",
		"tr": "Cumhurbaşkanı Ayşe Yıldırım dün Ankara'da konuştu. Bakan Mehmet Demir katılmadı.",
		"ru": "Президент Елена Орлова встретилась в Казани с министром. Переговоры продолжаются.",
		"ar": "التقى الوزير سالم الحداد في المدينة برئيس النقابة.",
		"el": "Ο πρόεδρος Νίκος Παππάς συνάντησε χθες τον δήμαρχο στην Πάτρα.",
		"he": "ראש העיר רונית לוי נפגשה אתמול עם השר.",
		"hi": "मंत्री ने कल शहर में बैठक की।",
		"de": "Die Regierung will den Haushalt bis Ende des Jahres vorlegen. In Zukunft soll Essen billiger werden. Der Minister aus dem Osten kam im Frühjahr nach Hause.",
		"fr": "Le Conseil a décidé lundi. En Octobre, le Président parlera à Noël et en Avril.",
		"es": "El Gobierno decidió el Lunes. En Navidad y en Internet se hablará de Dios.",
	} {
		entities, _, _ := Tag(&article.Article{Language: &lang, Text: &body})
		for _, e := range entities {
			if e.Wikidata == nil {
				t.Errorf("%s: %s %q is no name known here", lang, e.Type, e.Name)
			}
		}
	}
}

// BenchmarkTag_german tags the German articles.
func BenchmarkTag_german(b *testing.B) {
	lang, words := "de", 0
	news := labelledNews(b, lang)
	for _, l := range news {
		words += len(strings.Fields(l.text))
	}
	Load()
	for b.Loop() {
		for i := range news {
			Tag(&article.Article{Language: &lang, Text: &news[i].text})
		}
	}
	b.ReportMetric(float64(words)*float64(b.N)/b.Elapsed().Seconds(), "words/s")
}
