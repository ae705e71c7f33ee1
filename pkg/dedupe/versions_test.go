package dedupe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

// with changes an arrival.
func with(a *article.Article, change func(*article.Article)) *article.Article {
	change(a)
	return a
}

func wireID(id, version string) func(*article.Article) {
	return func(a *article.Article) {
		a.Source.Name = "agency"
		a.Wire.ProviderID, a.Wire.ProviderVersion = &id, &version
	}
}

func at(url string) func(*article.Article) {
	return func(a *article.Article) { a.CanonicalURL = &url }
}

func TestIndex_versionsByName(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 // minutes
	whole := strings.Join(strike, "\n\n")
	edited := strings.Replace(whole, "a second week", "another week", 1)
	type row struct {
		Relation article.Relation
		Method   string
		Version  int
	}
	for _, tc := range []struct {
		name         string
		older, newer *article.Article
		want         row
	}{
		{
			"the next version under the provider's id is an update, whatever its words",
			with(arrival(0, "Harbour strike", whole), wireID("a17", "1")), with(arrival(5, "Islands vote", election), wireID("a17", "2")),
			row{article.Update, "provider_id", 2},
		},
		{
			"a version that was overtaken stops",
			with(arrival(0, "Harbour strike", whole), wireID("a17", "10")), with(arrival(5, "Harbour strike", edited), wireID("a17", "9")),
			row{article.Near, "provider_id", 1},
		},
		{
			"the same version with a word edited is a near copy",
			with(arrival(0, "Harbour strike", whole), wireID("a17", "1")), with(arrival(5, "Harbour strike", edited), wireID("a17", "1")),
			row{article.Near, "provider_id", 1},
		},
		{
			"a correction marked so under the provider's id",
			with(arrival(0, "Harbour strike", whole), wireID("a17", "1")), with(arrival(5, "CORRECTED: Harbour strike", edited), wireID("a17", "2")),
			row{article.Correction, "provider_id", 2},
		},
		{
			"another sender's id of the same letters means nothing",
			with(arrival(0, "Harbour strike", whole), wireID("a17", "1")),
			with(with(arrival(5, "Islands vote", election), wireID("a17", "2")), func(a *article.Article) { a.Source.Name = "rival" }),
			row{article.New, "containment", 1},
		},
		{
			"the same address with other words is an update",
			with(arrival(0, "Harbour strike", whole), at("https://news.example/strike")), with(arrival(5, "Harbour strike", strings.Join(strike[:3], "\n\n")+"\n\n"+election), at("http://www.news.example/strike/#top")),
			row{article.Update, "url", 2},
		},
		{
			"the same address a week later too, when its text is forgotten",
			with(arrival(0, "Harbour strike", whole), at("https://news.example/strike")), with(arrival(7*day, "Harbour strike", strings.Join(strike[:6], "\n\n")), at("https://news.example/strike")),
			row{article.Update, "url", 2},
		},
		{
			"the same words that came with other boilerplate are a near copy",
			with(arrival(0, "Harbour strike", whole), func(a *article.Article) {
				a.Cleaning.Removed = []article.Removed{{Text: "Get our digest", Rule: "sign_up"}}
			}),
			arrival(5, "Harbour strike", whole),
			row{article.Near, "sha256", 1},
		},
		{
			"the same item of a feed a week later is no news",
			with(arrival(0, "Harbour strike", whole), at("https://news.example/strike")), with(arrival(7*day, "Harbour strike", whole), at("https://news.example/strike")),
			row{article.Exact, "sha256", 1},
		},
		{
			"a page that has another story now",
			with(arrival(0, "Harbour strike", whole), at("https://news.example/latest")), with(arrival(5, "Islands vote", election), at("https://news.example/latest")),
			row{article.New, "containment", 1},
		},
		{
			"a front page is no address of an article",
			with(arrival(0, "Harbour strike", whole), at("https://news.example/")), with(arrival(4*day, "Islands vote", election), at("https://news.example")),
			row{article.New, "containment", 1},
		},
		{
			"the full text after its paywall stub is an update of it",
			with(arrival(0, "Harbour strike", strings.Join(strike[:2], "\n\n")), func(a *article.Article) { a.Kind = article.KindPaywallStub }), arrival(5, "Harbour strike", whole),
			row{article.Update, "containment", 2},
		},
		{
			"a stub after the full text is an excerpt",
			arrival(0, "Harbour strike", whole), with(arrival(5, "Harbour strike", strings.Join(strike[:2], "\n\n")), func(a *article.Article) { a.Kind = article.KindPaywallStub }),
			row{article.Excerpt, "containment", 1},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := NewIndex(Options{})
			feed(x, tc.older)
			x.Expire(tc.newer.Received)
			e := decide(x, tc.newer)
			if diff := cmp.Diff(tc.want, row{e.Relation, e.Method, e.Version}); diff != "" {
				t.Errorf("verdict (-want +got):\n%s\nevidence %v", diff, e.Evidence)
			}
		})
	}
}

func TestIndex_versionsCountOn(t *testing.T) {
	t.Parallel()
	x := NewIndex(Options{})
	var uri string
	body := strings.Join(strike, "\n\n")
	for n, figure := range []string{"40 ships", "44 ships", "51 ships", "60 ships"} {
		e := feed(x, arrival(n, "Harbour strike", strings.Replace(body, "40 ships", figure, 1)))
		if n == 0 {
			uri = e.URI
		}
		if e.URI != uri || e.Version != n+1 {
			t.Errorf("arrival %d is %s v%d (%s), want v%d of %s", n, e.URI, e.Version, e.Relation, n+1, uri)
		}
	}
	if e := decide(x, arrival(9, "Harbour strike", body)); e.Relation != article.Exact || *e.Of != uri {
		t.Errorf("the first version again is %s of %v, want exact of its uri", e.Relation, e.Of)
	}
}

func TestIndex_kill(t *testing.T) {
	t.Parallel()
	whole := strings.Join(strike, "\n\n")
	slug := func(s string) func(*article.Article) {
		return func(a *article.Article) { a.Source.Name, a.Wire.Slugline = "agency", &s }
	}
	canceled := func(a *article.Article) { a.Source.Name, a.Status = "agency", article.Canceled }
	for _, tc := range []struct {
		name          string
		story, notice *article.Article
		method        string
	}{
		{"by the provider's id", with(arrival(0, "Harbour strike goes on", whole), wireID("a17", "1")), with(with(arrival(1, "KILL", "Editors, withdraw this."), wireID("a17", "2")), canceled), "provider_id"},
		{"by the slugline", with(arrival(0, "Harbour strike goes on", whole), slug("STRIKE-HARBOUR")), with(with(arrival(1, "KILL", "Editors, withdraw this."), slug("Strike Harbour")), canceled), "slugline"},
		{"by the headline behind the mark", with(arrival(0, "Harbour strike goes on", whole), slug("x")), with(arrival(1, "MANDATORY KILL: Harbour strike goes on", "Editors, withdraw this."), canceled), "headline"},
		{"by the headline in quotation marks", with(arrival(0, "Harbour strike goes on", whole), slug("x")), with(arrival(1, "KILL", "Editors, please withdraw “Harbour strike goes on”, sent on Monday."), canceled), "headline"},
		{"by its words", arrival(0, "Harbour strike goes on", whole), with(arrival(1, "KILL", strike[0]), canceled), "containment"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := NewIndex(Options{})
			story := feed(x, tc.story)
			e := feed(x, tc.notice)
			if e.Relation != article.Kill || e.Method != tc.method || e.Of == nil || *e.Of != story.URI || e.URI != story.URI || e.Version != 2 {
				t.Fatalf("got %s by %s of %v, %s v%d; want a kill of %s as version 2", e.Relation, e.Method, e.Of, e.URI, e.Version, story.URI)
			}
			e.Apply(tc.notice)
			if tc.notice.Status != article.Canceled {
				t.Errorf("status %s, want canceled", tc.notice.Status)
			}
			if e := decide(x, arrival(2, "Harbour strike goes on", whole)); !e.Relation.Stops() {
				t.Errorf("the withdrawn story again is %s, want it stopped", e.Relation)
			}
		})
	}

	t.Run("of nothing that is known", func(t *testing.T) {
		t.Parallel()
		x := NewIndex(Options{})
		feed(x, arrival(0, "Islands vote", election))
		e := feed(x, with(arrival(1, "KILL", "Editors, withdraw the story of the burning lighthouse."), canceled))
		if e.Relation != article.Kill || e.Of != nil || e.Version != 1 {
			t.Errorf("got %s of %v v%d, want a kill of nothing", e.Relation, e.Of, e.Version)
		}
	})
}

func TestIndex_overrides(t *testing.T) {
	t.Parallel()
	whole := strings.Join(strike, "\n\n")
	edited := strings.Replace(whole, "a second week", "another week", 1)
	hash := func(headline, body string) string { return Sign(arrival(0, headline, body)).Hash }

	t.Run("two that the desk calls different", func(t *testing.T) {
		t.Parallel()
		x := NewIndex(Options{})
		feed(x, arrival(0, "", whole))
		feed(x, arrival(1, "", edited)) // stopped as a near copy
		a := arrival(2, "", edited)
		o := NewOverrides("7", []Override{{A: hash("", edited), B: hash("", whole)}})
		e := x.Decide(a, Sign(a), o)
		if e.Relation != article.New || e.OverridesRev == nil || *e.OverridesRev != "7" {
			t.Errorf("got %s under revision %v, want new under 7", e.Relation, e.OverridesRev)
		}
	})
	t.Run("two that the desk calls the same", func(t *testing.T) {
		t.Parallel()
		x := NewIndex(Options{})
		first := feed(x, arrival(0, "", whole))
		a := arrival(1, "", election)
		o := NewOverrides("8", []Override{{A: hash("", whole), B: hash("", election), Same: true}})
		e := x.Decide(a, Sign(a), o)
		if e.Relation != article.Near || e.Method != "override" || *e.Of != first.URI {
			t.Errorf("got %s by %s of %v, want near by override of %s", e.Relation, e.Method, e.Of, first.URI)
		}
	})
}

func TestMarkerOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		headline, note string
		want           marker
		unmarked       string
	}{
		{"Corrected figures lift shares", "", unmarkedCopy, "Corrected figures lift shares"},
		{"CORRECTED - HARBOUR FEES TO RISE", "", correctionMark, "HARBOUR FEES TO RISE"},
		{"(CORRECTED) - Harbour fees to rise", "", correctionMark, "Harbour fees to rise"},
		{"Correction: Harbour fees to rise", "", correctionMark, "Harbour fees to rise"},
		{"Harbour fees to rise", "CORRECTS date in third paragraph", correctionMark, "Harbour fees to rise"},
		{"UPDATE 2-Harbour fees to rise", "", updateMark, "Harbour fees to rise"},
		{"Update: Harbour fees to rise", "", updateMark, "Harbour fees to rise"},
		{"Update your harbour maps", "", unmarkedCopy, "Update your harbour maps"},
		{"Harbour fees to rise", "1st Ld-Writethru, adds quotes", updateMark, "Harbour fees to rise"},
		{"MANDATORY KILL: Harbour fees to rise", "", killMark, "Harbour fees to rise"},
		{"Kill switch found in harbour cranes", "", unmarkedCopy, "Kill switch found in harbour cranes"},
		{"KILL BILL returns to cinemas", "", unmarkedCopy, "KILL BILL returns to cinemas"},
		{"", "", unmarkedCopy, ""},
	} {
		t.Run(tc.headline+tc.note, func(t *testing.T) {
			t.Parallel()
			a := &article.Article{Headline: &tc.headline}
			if tc.note != "" {
				a.Wire.EdNote = &tc.note
			}
			if got := markerOf(a); got != tc.want {
				t.Errorf("marker %d, want %d", got, tc.want)
			}
			if got := unmarked(tc.headline); got != tc.unmarked {
				t.Errorf("unmarked %q, want %q", got, tc.unmarked)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	one, two, three := strike[0], strike[1], strike[2]
	edited := strings.Replace(one, "40 ships", "44 ships", 1)
	join := func(ps ...string) string { return strings.Join(ps, "\n\n") }
	for _, tc := range []struct {
		name     string
		old, new string
		want     []article.Change
	}{
		{"the same paragraphs in another order are no change", join(one, two, three), join(three, one, two), []article.Change{}},
		{"other marks and spaces are no change", join(one, two), strings.ToUpper(join(one, two)), []article.Change{}},
		{"a paragraph added", join(one, three), join(one, two, three), []article.Change{{Op: "add", Text: two}}},
		{"a paragraph removed", join(one, two, three), join(one, three), []article.Change{{Op: "remove", Text: two}}},
		{
			"a figure edited and a paragraph added", join(one, two), join(edited, two, three),
			[]article.Change{{Op: "remove", Text: one}, {Op: "add", Text: edited}, {Op: "add", Text: three}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, Changes(&tc.old, nil, tc.new)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			var added []article.Change
			for _, c := range tc.want {
				if c.Op == "add" {
					added = append(added, c)
				}
			}
			known := Sign(arrival(0, "A headline", tc.old)).Paragraphs
			if diff := cmp.Diff(added, Changes(nil, known, tc.new), cmpEmpty); diff != "" {
				t.Errorf("changes when the old text is gone (-want +got):\n%s", diff)
			}
		})
	}
}

var cmpEmpty = cmp.Transformer("empty", func(c []article.Change) []article.Change {
	if len(c) == 0 {
		return nil
	}
	return c
})

func TestKey_survivesJSON(t *testing.T) {
	t.Parallel()
	for _, k := range []Key{0, 1, 1 << 63} {
		b, err := k.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back Key
		if err := back.UnmarshalText(b); err != nil || back != k {
			t.Errorf("%d became %q became %d, %v", k, b, back, err)
		}
	}
	if err := new(Key).UnmarshalText([]byte("xyz")); err == nil {
		t.Error("no error for letters that are no key")
	}
}

func TestIndex_takingOutIsAsIfItHadNeverBeenSeen(t *testing.T) {
	t.Parallel()
	whole := strings.Join(strike, "\n\n")
	edited := strings.Replace(whole, "a second week", "another week", 1)
	x := NewIndex(Options{})
	first := decide(x, with(arrival(0, "Harbour strike", whole), wireID("a17", "1")))
	x.Add(first, 1)
	update := with(arrival(5, "Islands vote", election), wireID("a17", "2"))
	before := decide(x, update)
	if before.Relation != article.Update || before.Previous != 1 || before.Version != 2 {
		t.Fatalf("the second version is %+v", before)
	}
	articles, triple := x.Stats().Articles, before.Fingerprints[0]
	for range 10 { // more than stand in the table itself
		x.Add(before, 2)
		x.Remove(before)
	}
	if n := x.table(triple).count(triple, x.docs.oldest); n != 0 || x.Stats().Articles != articles {
		t.Errorf("what was taken out still counts: %d with its first triple, %d articles, want 0 and %d", n, x.Stats().Articles, articles)
	}
	type verdict struct {
		Relation article.Relation
		URI      string
		Version  int
		Previous uint64
		Evidence []article.Evidence
	}
	of := func(e Entry) verdict { return verdict{e.Relation, e.URI, e.Version, e.Previous, e.Evidence} }
	if diff := cmp.Diff(of(before), of(decide(x, update))); diff != "" {
		t.Errorf("a version that was taken out, decided again (-before +after):\n%s", diff)
	}

	// Of an article that was taken out nothing is a copy, nor of its copies.
	copied := decide(x, arrival(6, "Harbour strike", edited))
	if !copied.Relation.Stops() {
		t.Fatalf("the copy is %s", copied.Relation)
	}
	x.Add(copied, 3)
	x.Remove(first)
	for _, text := range []string{whole, edited} {
		if e := decide(x, arrival(7, "Harbour strike", text)); e.Relation != article.New {
			t.Errorf("after its original is gone a copy is %s of %v", e.Relation, *e.Of)
		}
	}
}
