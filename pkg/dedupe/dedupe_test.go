package dedupe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

// seq numbers the decisions of a test.
var seq atomic.Uint64

// feed decides and adds an article.
func feed(x *Index, a *article.Article) Entry {
	e := decide(x, a)
	x.Add(e, seq.Add(1))
	return e
}

func decide(x *Index, a *article.Article) Entry { return x.Decide(a, Sign(a), nil) }

func TestIndex_relations(t *testing.T) {
	t.Parallel()
	whole := strings.Join(strike, "\n\n")
	settled := "The union and the port authority said late on Tuesday that a third mediator, Jonas Ekdahl, had been asked to sit with both sides in Norwick from Thursday."
	for _, tc := range []struct {
		name, headline, text string
		want                 article.Relation
	}{
		{"the same bytes", "Harbour strike goes on", whole, article.Exact},
		{"the same words in other paragraphs and marks", "HARBOUR STRIKE GOES ON", strings.ReplaceAll(strings.Join(strike, "\n"), "'", "’"), article.Exact},
		{"another headline over the same text", "Dockers stay out", whole, article.Near},
		{"boilerplate around it", "Harbour strike goes on", "Sign up for our digest\n\n" + whole + "\n\nRead more on our site", article.Near},
		{"a copyright line with a year", "Harbour strike goes on", whole + "\n\nCopyright 2026, all rights reserved", article.Near},
		{"a figure more", "Harbour strike goes on", strings.Replace(whole, "without a word to the cameras", "without a word to 12 cameras", 1), article.Update},
		{"a figure more in the headline", "Harbour strike enters day 15", whole, article.Update},
		{"a few words edited", "Harbour strike goes on", strings.NewReplacer("a second week", "another week", "by train", "by night train").Replace(whole), article.Near},
		{"the paragraphs in another order", "Harbour strike goes on", strings.Join(append(slices.Clone(strike[4:]), strike[:4]...), "\n\n"), article.Near},
		{"the first half", "Harbour strike goes on", strings.Join(strike[:4], "\n\n"), article.Excerpt},
		{"the second half under another headline", "No help from the top", strings.Join(strike[4:], "\n\n"), article.Excerpt},
		{"a paragraph more", "Harbour strike goes on", whole + "\n\n" + settled, article.Update},
		{"other figures", "Harbour strike goes on", strings.Replace(whole, "40 ships", "55 ships", 1), article.Update},
		{"marked as a correction", "CORRECTED: Harbour strike goes on", strings.Replace(whole, "40 ships", "44 ships", 1), article.Correction},
		{"another subject", "Islands vote", election, article.New},
		{"one sentence quoted", "Islands vote", election + " " + strike[2], article.New},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := NewIndex(Options{})
			original := feed(x, arrival(1, "Harbour strike goes on", whole))
			e := decide(x, arrival(2, tc.headline, tc.text))
			if e.Relation != tc.want {
				t.Fatalf("got %s %v, want %s", e.Relation, e.Evidence, tc.want)
			}
			switch tc.want {
			case article.New:
				if e.Of != nil || e.Score != nil || e.Copies != 0 {
					t.Errorf("a new article concerns %v, score %v, %d copies", e.Of, e.Score, e.Copies)
				}
				return
			case article.Update, article.Correction:
				if e.Version != 2 || e.URI != original.URI || e.Previous == 0 {
					t.Errorf("got %s v%d after decision %d, want version 2 of the original", e.URI, e.Version, e.Previous)
				}
			default:
				if e.Version != 1 || e.URI != article.URI(e.Item) {
					t.Errorf("got %s v%d, want its own uri and version 1", e.URI, e.Version)
				}
			}
			if e.Of == nil || *e.Of != original.URI || e.Score == nil || *e.Score < minWeighted {
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

func TestIndex_findsTheDecisionOnAnItem(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	a, b := arrival(1, "", election), arrival(2, "", election)
	x.Add(decide(x, a), 7)
	x.Add(decide(x, b), 8)
	x.Add(decide(x, a), 9) // a log read twice changes nothing
	for _, tc := range []struct {
		item string
		seq  uint64
	}{{a.Item, 7}, {b.Item, 8}} {
		if seq, ok := x.Find(tc.item); !ok || seq != tc.seq {
			t.Errorf("found decision %d, %t, want %d", seq, ok, tc.seq)
		}
	}
	if _, ok := x.Find(article.ItemID(start, 99, 0)); ok {
		t.Error("found a decision on an item that never came")
	}
}

func TestIndex_removedArticlesLeaveNoGhost(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	gone := feed(x, arrival(1, "Islands vote", election))
	feed(x, arrival(2, "Islands vote", election))
	compensating := gone
	compensating.Removed = true
	x.Add(compensating, seq.Add(1))
	x.Remove(gone) // again does nothing
	for _, body := range []string{election, election + " Nobody knows when."} {
		if e := decide(x, arrival(3, "Islands vote", body)); e.Relation != article.New {
			t.Errorf("got %s of %s after the original was removed, want new", e.Relation, *e.Of)
		}
	}
	if _, ok := x.Find(gone.Item); ok {
		t.Error("the removed item is still there")
	}
}

func TestIndex_window(t *testing.T) {
	t.Parallel()
	edited := strings.Replace(election, "the highest in two decades", "higher than in two decades", 1)
	for _, tc := range []struct {
		name  string
		after int // minutes
		body  string
		want  article.Relation
	}{
		{"an edited copy at the end of the window is found", 60, edited, article.Near},
		{"an edited copy after the window is new", 61, edited, article.New},
		{"the very words are known for longer", 240, election, article.Exact},
		{"but not for ever", 241, election, article.New},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := NewIndex(Options{Window: time.Hour, Memory: 4 * time.Hour})
			feed(x, arrival(0, "", election))
			late := arrival(tc.after, "", tc.body)
			if e := decide(x, late); e.Relation != tc.want {
				t.Errorf("got %s before anything expired, want %s", e.Relation, tc.want)
			}
			x.Expire(late.Received)
			if e := decide(x, late); e.Relation != tc.want {
				t.Errorf("got %s, want %s", e.Relation, tc.want)
			}
		})
	}
}

func TestIndex_isBoundedByWindowAndMemory(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{Window: time.Hour, Memory: 2 * time.Hour})
	words := lorem(600)
	for n := range 6000 {
		i := n % 400
		a := arrival(n, fmt.Sprintf("Report number %d", n), strings.Join(words[i:i+150], fmt.Sprintf(" %d ", n)))
		feed(x, a)
		x.Expire(a.Received)
	}
	s := x.Stats()
	if s.Articles > 61 || s.Items > 121 || s.Keys > 2*121 || len(x.chains.list) > 300 || len(x.docs.blocks) > 2 {
		t.Errorf("%+v, %d chains and %d blocks for 61 articles in the window", s, len(x.chains.list), len(x.docs.blocks))
	}
	if most := 61 * 160 * 40; s.IndexBytes > most {
		t.Errorf("the table has %d bytes for 61 articles, want %d at most", s.IndexBytes, most)
	}
	x.Expire(start.Add(200 * 24 * time.Hour))
	if s := x.Stats(); s.Articles+s.Items+s.Keys+x.names.alive+len(x.chains.byItem) != 0 {
		t.Errorf("%+v, %d names and %d uris are left of nothing", s, x.names.alive, len(x.chains.byItem))
	}
}

// The log is the truth: reading it back gives the same index, and so does an image.
func TestIndex_rebuiltFromLogAndImage(t *testing.T) {
	t.Parallel()
	x, rebuilt := NewIndex(Options{}), NewIndex(Options{})
	whole := strings.Join(strike, "\n\n")
	var entries []Entry
	for n, body := range []string{whole, election, strings.Join(strike[:5], "\n\n"), whole + " " + election, whole, election + " 12"} {
		e := feed(x, arrival(n, "", body))
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Entry
		if err := json.Unmarshal(line, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back, cmpopts.IgnoreUnexported(Signature{})); diff != "" {
			t.Errorf("entry changed in the log (-in +out):\n%s", diff)
		}
		place, _ := x.Find(e.Item)
		rebuilt.Add(back, place)
		rebuilt.Add(back, place) // a replay may repeat
		entries = append(entries, e)
	}
	removed := entries[1]
	removed.Removed = true
	x.Add(removed, 0)
	rebuilt.Add(removed, 0)

	var image bytes.Buffer
	header := ImageHeader{Created: start, Last: 17}
	if err := x.WriteImage(&image, header); err != nil {
		t.Fatal(err)
	}
	again, got, err := ReadImage(bytes.NewReader(image.Bytes()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header, got); diff != "" {
		t.Errorf("header (-written +read):\n%s", diff)
	}
	var second bytes.Buffer
	if err := again.WriteImage(&second, header); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(image.Bytes(), second.Bytes()) {
		t.Error("the image of an index read from an image differs")
	}
	for _, body := range []string{strings.Join(strike[1:], "\n\n"), whole, election, election + " 12", "nothing of it"} {
		probe := arrival(9, "", body)
		want := decide(x, probe)
		for name, other := range map[string]*Index{"log": rebuilt, "image": again} {
			if diff := cmp.Diff(want, decide(other, probe), cmpopts.IgnoreUnexported(Signature{})); diff != "" {
				t.Errorf("verdict of the index from its %s (-live +rebuilt):\n%s", name, diff)
			}
		}
	}
}

func TestReadImage_refusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	feed(x, arrival(1, "Islands vote", election))
	var b bytes.Buffer
	if err := x.WriteImage(&b, ImageHeader{Created: start, Last: 1}); err != nil {
		t.Fatal(err)
	}
	image := b.Bytes()
	for i := range image {
		damaged := slices.Clone(image)
		damaged[i] ^= 0x40
		if _, _, err := ReadImage(bytes.NewReader(damaged), Options{}); !errors.Is(err, ErrImage) {
			t.Fatalf("byte %d of %d changed: %v, want ErrImage", i, len(image), err)
		}
		if _, _, err := ReadImage(bytes.NewReader(image[:i]), Options{}); !errors.Is(err, ErrImage) {
			t.Fatalf("cut to %d bytes: %v, want ErrImage", i, err)
		}
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

func FuzzReadImage(f *testing.F) {
	x := NewIndex(Options{})
	feed(x, arrival(1, "Islands vote", election))
	feed(x, arrival(2, "Islands vote", election))
	var b bytes.Buffer
	if err := x.WriteImage(&b, ImageHeader{Created: start, Last: 2}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(imageMagic))
	f.Fuzz(func(t *testing.T, image []byte) {
		if len(image) >= 4 { // or hardly anything gets past the checksum
			image = slices.Clone(image)
			sum := crc32.Checksum(image[:len(image)-4], castagnoli)
			binary.LittleEndian.PutUint32(image[len(image)-4:], sum)
		}
		x, _, err := ReadImage(bytes.NewReader(image), Options{})
		if err != nil {
			if !errors.Is(err, ErrImage) {
				t.Fatal(err)
			}
			return
		}
		decide(x, arrival(3, "Islands vote", election))
		x.Expire(start.Add(365 * 24 * time.Hour))
	})
}

func FuzzChanges(f *testing.F) {
	f.Add("one two\n\nthree four", "three four\n\nfive six")
	f.Add("", "\n\n\n")
	f.Fuzz(func(t *testing.T, older, newer string) {
		if c := Changes(&older, nil, older); len(c) > 0 {
			t.Errorf("%q differs from itself: %v", older, c)
		}
		for _, c := range Changes(&older, nil, newer) {
			if c.Op == "add" && !strings.Contains(newer, c.Text) || c.Op == "remove" && !strings.Contains(older, c.Text) {
				t.Errorf("%s of %q, which is not there", c.Op, c.Text)
			}
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
		e := x.Decide(a, Sign(a), nil)
		x.Add(e, uint64(n)) // after e has been written to the log as decision n
		e.Apply(a)
		fmt.Println(a.Dedupe.Relation, a.Dedupe.Method, a.Dedupe.Copies)
	}
	// Output:
	// new containment 0
	// exact sha256 1
}
