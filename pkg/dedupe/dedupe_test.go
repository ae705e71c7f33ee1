package dedupe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var start = time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)

// strike is a report of eight paragraphs, long enough that its triples are sampled.
var strike = []string{
	"Dock workers at the country's largest harbour voted on Monday to stay away for a second week, leaving some 40 ships at anchor outside the breakwater and grocers warning of empty shelves before the weekend.",
	"Talks with the port authority broke off late on Sunday, and neither side named a date for new ones. A mediator appointed by the ministry of labour left Port Alden by train on Monday morning without a word to the cameras waiting on the platform.",
	"\"We will come back the day the new rosters are withdrawn,\" said Ilse Brandt, who leads the dockers' union and has sat at the table for nine of the past ten rounds.",
	"The authority says the rosters are needed to keep cranes running at night. It has asked a labour court to rule on the strike before the end of the month, and lawyers on both sides expect a hearing within days.",
	"Farmers in the north have begun to pour away milk that no ferry will carry, according to their association. It put the damage so far at 3.5 million crowns and called on the government to open the naval quay to civilian traffic.",
	"Retail chains have moved part of their freight to rail, but the single line over the mountains is full until next Thursday, the network operator said in a notice to customers.",
	"Economists at the national bank doubt that the dispute will leave a mark on prices unless it lasts into the harvest. They point to the strike of the tug crews eleven years ago, which ended after 23 days and moved no index.",
	"The prime minister, who is travelling in the south, has so far declined to step in. Her office said that the right to strike was not for sale and that patience was the cheapest cargo of all.",
}

var election = "Voters on the islands chose a new assembly on Saturday in the first ballot since the old one was dissolved over the fishing accord. Turnout was the highest in two decades, officials said, and boats carried the last urns to the mainland shortly before midnight. A result is expected on Wednesday."

// arrival makes article number n, received n minutes after the start.
func arrival(n int, headline, body string) *article.Article {
	a := &article.Article{Received: start.Add(time.Duration(n) * time.Minute), Text: &body}
	a.Item = article.ItemID(start, uint64(n), 0)
	if headline != "" {
		a.Headline = &headline
	}
	return a
}

// feed decides and adds an article.
func feed(x *Index, a *article.Article) Entry {
	e := decide(x, a)
	x.Add(e, 0)
	return e
}

func TestIndex_relations(t *testing.T) {
	t.Parallel()
	whole := strings.Join(strike, "\n\n")
	for _, tc := range []struct {
		name, headline, text string
		want                 article.Relation
	}{
		{"the same bytes", "Harbour strike goes on", whole, article.Exact},
		{"the same words in other paragraphs and marks", "HARBOUR STRIKE GOES ON", strings.ReplaceAll(strings.Join(strike, "\n"), "'", "’"), article.Exact},
		{"another headline over the same text", "Dockers stay out", whole, article.Near},
		{"boilerplate around it", "Harbour strike goes on", "Sign up for our digest of 2026\n\n" + whole + "\n\nRead more on our site", article.Near},
		{"a few words edited", "Harbour strike goes on", strings.NewReplacer("a second week", "another week", "by train", "by night train").Replace(whole), article.Near},
		{"the first half", "Harbour strike goes on", strings.Join(strike[:4], "\n\n"), article.Excerpt},
		{"the second half under another headline", "No help from the top", strings.Join(strike[4:], "\n\n"), article.Excerpt},
		{"the whole inside a longer text", "Monday in brief", whole + "\n\n" + strings.Repeat(election+" Also: ", 1) + strings.Join(lorem(400), " "), article.Excerpt},
		{"another subject", "Islands vote", election, article.New},
		{"one sentence quoted", "Islands vote", election + " " + strike[2], article.New},
		{"other figures in the same words", "Harbour strike goes on", strings.NewReplacer("40 ships", "55 ships", "3.5 million", "4.1 million").Replace(whole), article.New},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := NewIndex(Options{})
			original := feed(x, arrival(1, "Harbour strike goes on", whole))
			e := decide(x, arrival(2, tc.headline, tc.text))
			if e.Relation != tc.want {
				t.Fatalf("got %s %v, want %s", e.Relation, e.Evidence, tc.want)
			}
			if e.Version != 1 || e.URI != article.URI(e.Item) {
				t.Errorf("got %s v%d, want its own uri and version 1", e.URI, e.Version)
			}
			if tc.want == article.New {
				if e.Of != nil || e.Score != nil || e.Copies != 0 {
					t.Errorf("a new article concerns %v, score %v, %d copies", e.Of, e.Score, e.Copies)
				}
				return
			}
			if e.Of == nil || *e.Of != original.URI || e.Score == nil || *e.Score < high {
				t.Errorf("got of %v, score %v", e.Of, e.Score)
			}
		})
	}
}

// lorem makes n different words, so that a text can be made longer than a report.
func lorem(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%co%c", 'a'+i%26, 'a'+i/26)
	}
	return words
}

func TestIndex_headlineCounts(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	table := "Barrows and gilts steady, top 52.00, sows unchanged."
	feed(x, arrival(1, "Port Alden hogs", table))
	if e := decide(x, arrival(2, "Norwick hogs and later cattle in slow trade", table)); e.Relation.Stops() {
		t.Errorf("got %s: the same table of another market must not stop", e.Relation)
	}
}

func TestIndex_copiesPointToTheFirst(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	whole := strings.Join(strike, "\n\n")
	edited := strings.Replace(whole, "a second week", "another week", 1)
	first := feed(x, arrival(1, "", whole))
	near := feed(x, arrival(2, "", edited))
	again := feed(x, arrival(3, "", edited))
	exact := feed(x, arrival(4, "", whole))

	type row struct {
		Relation article.Relation
		Of       string
		Copies   int
	}
	var got []row
	for _, e := range []Entry{near, again, exact} {
		got = append(got, row{e.Relation, *e.Of, e.Copies})
	}
	want := []row{{article.Near, first.URI, 1}, {article.Near, first.URI, 2}, {article.Exact, first.URI, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

func TestIndex_redeliveryGetsTheOldVerdict(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	a := arrival(1, "", election)
	e := feed(x, a)
	feed(x, arrival(2, "", election))
	if diff := cmp.Diff(e, decide(x, a)); diff != "" {
		t.Errorf("verdict on a redelivery (-first +again):\n%s", diff)
	}
}

func TestIndex_removedArticlesLeaveNoGhost(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	a := arrival(1, "", election)
	feed(x, a)
	feed(x, arrival(2, "", election))
	x.Remove(Entry{Item: a.Item})
	if e := decide(x, arrival(3, "", election)); e.Relation != article.New {
		t.Errorf("got %s after the original was removed, want new", e.Relation)
	}
	if _, ok := x.Lookup(a.Item); ok {
		t.Error("the removed item is still there")
	}
	x.Remove(Entry{Item: "unknown"}) // does nothing
}

func TestIndex_window(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{Window: time.Hour})
	feed(x, arrival(0, "", election))
	late := arrival(61, "", election)
	if e := decide(x, late); e.Relation != article.New {
		t.Errorf("got %s for a copy after the window, want new", e.Relation)
	}
	if e := decide(x, arrival(60, "", election)); e.Relation != article.Exact {
		t.Errorf("got %s for a copy at the end of the window, want exact", e.Relation)
	}
	x.Expire(late.Received)
	if x.Len() != 0 {
		t.Errorf("%d articles left after the window", x.Len())
	}
}

func TestIndex_isBoundedByTheWindow(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{Window: time.Hour})
	words := lorem(600)
	for n := range 2000 {
		i := n % 400
		a := arrival(n, fmt.Sprintf("Report number %d", n), strings.Join(words[i:i+150], fmt.Sprintf(" %d ", n)))
		feed(x, a)
		x.Expire(a.Received)
	}
	if x.Len() > 61 || len(x.docs) > 1000 || len(x.links) > 40_000 {
		t.Errorf("%d articles, %d slots and %d links for 61 articles in the window", x.Len(), len(x.docs), len(x.links))
	}
}

// The log is the truth: reading it back gives the same index.
func TestIndex_rebuiltFromItsLog(t *testing.T) {
	t.Parallel()
	x, rebuilt := NewIndex(Options{}), NewIndex(Options{})
	whole := strings.Join(strike, "\n\n")
	for n, body := range []string{whole, election, strings.Join(strike[:5], "\n\n"), whole + " " + election} {
		e := feed(x, arrival(n, "", body))
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Entry
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Errorf("entry changed in the log (-in +out):\n%s", diff)
		}
		rebuilt.Add(back, 0)
		rebuilt.Add(back, 0) // a replay may repeat
	}
	probe := arrival(9, "", strings.Join(strike[1:], "\n\n"))
	if diff := cmp.Diff(decide(x, probe), decide(rebuilt, probe)); diff != "" {
		t.Errorf("verdict of the rebuilt index (-live +rebuilt):\n%s", diff)
	}
}

func TestSign_emptyArticles(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	feed(x, arrival(1, "", "…"))
	if e := decide(x, arrival(2, "", "!!!")); e.Relation != article.New {
		t.Errorf("got %s for two articles without words, want new", e.Relation)
	}
	if e := decide(x, &article.Article{Item: "x", Received: start}); e.Relation != article.New {
		t.Errorf("got %s for an article without text, want new", e.Relation)
	}
}

func FuzzHashes(f *testing.F) {
	f.Add([]byte("AAAAAAAAAAE"))
	f.Add([]byte("!"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h Hashes
		if h.UnmarshalText(b) != nil {
			return
		}
		text, err := h.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again Hashes
		if err := again.UnmarshalText(text); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h, again); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzIndex_Decide(f *testing.F) {
	f.Add("Dockers strike.", "Dockers strike again.")
	f.Add("", "…")
	f.Fuzz(func(t *testing.T, one, two string) {
		x := NewIndex(Options{})
		feed(x, arrival(1, "", one))
		if e := decide(x, arrival(2, "", one)); e.Relation != article.Exact {
			t.Errorf("got %s for the same text, want exact", e.Relation)
		}
		e := decide(x, arrival(2, "", two))
		if (e.Of == nil) != (e.Relation == article.New) {
			t.Errorf("%s of %v", e.Relation, e.Of)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	a := arrival(1, "Harbour strike goes on", strings.Join(strike, "\n\n"))
	b.SetBytes(int64(len(*a.Text)))
	b.ReportAllocs()
	for b.Loop() {
		Sign(a)
	}
}

func BenchmarkIndex(b *testing.B) {
	words := lorem(676)
	x := NewIndex(Options{})
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		i := n % 300
		a := arrival(n%4000, "", strings.Join(words[i:i+300], fmt.Sprintf(" %d ", n)))
		feed(x, a)
		x.Expire(a.Received)
		n++
	}
}

func ExampleIndex() {
	x := NewIndex(Options{})
	body := "Dock workers voted on Monday to stay away for a second week, their union said."
	for n := range 2 {
		a := arrival(n, "Harbour strike goes on", body)
		e := decide(x, a)
		x.Add(e, 0) // after e has been written to the log
		e.Apply(a)
		fmt.Println(a.Dedupe.Relation, a.Dedupe.Method, a.Dedupe.Copies)
	}
	// Output:
	// new containment 0
	// exact sha256 1
}

func decide(x *Index, a *article.Article) Entry {
	return x.Decide(a, Sign(a), nil)
}
