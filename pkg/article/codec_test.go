package article

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// golden returns a stored record in the compact form in which it travels.
func golden(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	v := jsontext.Value(b)
	if err := v.Compact(); err != nil {
		tb.Fatal(err)
	}
	return v
}

// The golden has every part filled and a field of the future in every object. It
// is never edited: a new schema version gets a new file.
func TestDecode_goldenRecordSurvivesUnchanged(t *testing.T) {
	t.Parallel()
	want := golden(t, "article-v1.json")
	a, err := Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(indent(t, want), indent(t, got)); d != "" {
		t.Errorf("decode and encode changed the record (-want +got):\n%s", d)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("the bytes differ:\nwant %s\ngot  %s", want, got)
	}
}

func TestDecode_goldenFieldsOfTheFutureAreKept(t *testing.T) {
	t.Parallel()
	a, err := Decode(golden(t, "article-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"record": string(a.Unknown), "source": string(a.Source.Unknown), "input": string(a.Input.Unknown),
		"page": string(a.Input.Pages[0].Unknown), "mention": string(a.Entities[0].Mentions[0].Unknown),
	}
	want := map[string]string{
		"record":  `{"x_future":{"topics":[{"id":"medtop:01","p":0.5},[]],"note":"kept as it came","empty":{}}}`,
		"source":  `{"x_desk":"north"}`,
		"input":   `{"x_scanner":{"dpi":300,"notes":["a",null]}}`,
		"page":    `{"x_rotated":false}`,
		"mention": `{"x_tok":9}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("unknown fields (-want +got):\n%s", d)
	}
}

func TestDecode_goldenOffsetsPointIntoTheText(t *testing.T) {
	t.Parallel()
	a, err := Decode(golden(t, "article-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	o := NewOffsets(*a.Text)
	check := func(what string, start, end int, want string) {
		t.Helper()
		if got := (*a.Text)[o.Byte(start):o.Byte(end)]; got != want {
			t.Errorf("%s [%d:%d] = %q, want %q", what, start, end, got, want)
		}
	}
	for _, e := range a.Entities {
		for _, m := range e.Mentions {
			check("mention of "+e.Name, m.Start, m.End, m.Text)
		}
	}
	for _, q := range a.Quotes {
		check("quote", q.Start, q.End, q.Text)
	}
	for _, s := range a.Summary.Sentences {
		check("sentence", s.Start, s.End, s.Text)
	}
}

func TestEncode_everyFieldIsPresent(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		a    Article
		want string
	}{
		{
			"in a record no stage has touched, unknown is null, none is [] and other parts are null",
			Article{},
			`{"schema":"","uri":"","version":0,"item":"","lane":"","status":"","kind":"","received":"0001-01-01T00:00:00Z",` +
				`"source":{"name":"","domain":null,"family":null},` +
				`"input":{"sha256":"","media_type":"","charset":null,"bytes":0,"filename":null,"url":null,"ref":null,"path":[],"index":0,"count":0,"seq":0,"pages":[]},` +
				`"wire":{"provider_id":null,"provider_version":null,"slugline":null,"urgency":null,"ed_note":null,"subjects":[]},` +
				`"rights":{"embargoed_until":null,"usage_terms":null,"copyright":null},` +
				`"headline":null,"byline":[],"dateline":null,"published":null,"published_date":null,"published_raw":null,"modified":null,` +
				`"language":null,"canonical_url":null,"site_name":null,"section":null,"keywords":[],"text":null,"text_ref":null,` +
				`"provenance":{},"cleaning":{"removed":[],"warnings":[],"rules_rev":null},` +
				`"dedupe":null,"entities":null,"entities_overrides_rev":null,"quotes":null,"summary":null,"coverage":null,"trace":[]}`,
		},
		{
			"a part whose stage found nothing is empty, not null",
			Article{
				Dedupe: &Dedupe{}, Entities: List[Entity]{}, Quotes: List[Quote]{}, Summary: &Summary{}, Coverage: &Coverage{},
				Provenance: map[string]Provenance{"headline": {}},
			},
			`"provenance":{"headline":{"method":"","confidence":0,"alternatives":[]}},"cleaning":{"removed":[],"warnings":[],"rules_rev":null},` +
				`"dedupe":{"relation":"","of":null,"score":null,"method":"","evidence":[],"copies":0,"changes":[],"overrides_rev":null},` +
				`"entities":[],"entities_overrides_rev":null,"quotes":[],` +
				`"summary":{"one_line":null,"key_points":[],"text":"","sentences":[],"delta":null,"method":"","model":""},` +
				`"coverage":{"entities":null,"summary":null},"trace":[]}`,
		},
		{
			"a span that starts at 0 is written",
			Article{
				Entities: List[Entity]{{Mentions: []Mention{{}}, Candidates: []Candidate{{}}, Geo: &Geo{}}},
				Quotes:   List[Quote]{{}}, Summary: &Summary{Sentences: []Sentence{{}}, Delta: List[string]{}},
			},
			`"entities":[{"id":"","type":"","kind":null,"name":"","wikidata":null,"country":null,"geo":{"lat":0,"lon":0},"salience":0,"confidence":0,` +
				`"candidates":[{"wikidata":"","name":"","score":0}],"mentions":[{"start":0,"end":0,"text":"","form":"","confidence":0}]}],"entities_overrides_rev":null,` +
				`"quotes":[{"start":0,"end":0,"text":"","speaker":null,"verb":null}],` +
				`"summary":{"one_line":null,"key_points":[],"text":"","sentences":[{"text":"","start":0,"end":0,"score":0}],"delta":[],"method":"","model":""},` +
				`"coverage":null,"trace":[]}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Encode(&c.a)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(string(got), c.want) {
				t.Errorf("the record does not end as it should\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEncode_sameRecordSameBytes(t *testing.T) {
	t.Parallel()
	a := Article{Provenance: map[string]Provenance{}}
	for _, f := range []string{"headline", "published", "byline", "language", "section", "dateline"} {
		a.Provenance[f] = Provenance{Method: "meta"}
	}
	first, err := Encode(&a)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if b, _ := Encode(&a); !bytes.Equal(first, b) {
			t.Fatalf("two encodings differ:\n%s\n%s", first, b)
		}
	}
}

func TestDecode_refuses(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]string{
		"what is not JSON":                  `copydesk`,
		"half a record":                     `{"schema":"copydesk.article/1","uri":"u"`,
		"another schema":                    `{"schema":"copydesk.article/2","uri":"u","item":"i","version":1}`,
		"a record without identity":         `{"schema":"copydesk.article/1","version":1}`,
		"version 0":                         `{"schema":"copydesk.article/1","uri":"u","item":"i"}`,
		"a time that is not RFC 3339":       `{"schema":"copydesk.article/1","uri":"u","item":"i","version":1,"received":"yesterday"}`,
		"the same field twice":              `{"schema":"copydesk.article/1","uri":"u","uri":"v","item":"i","version":1}`,
		"text that is not UTF-8":            "{\"schema\":\"copydesk.article/1\",\"uri\":\"u\",\"item\":\"i\",\"version\":1,\"text\":\"\xff\"}",
		"more after the end of the record":  `{"schema":"copydesk.article/1","uri":"u","item":"i","version":1} {}`,
		"a list where a string is expected": `{"schema":"copydesk.article/1","uri":"u","item":"i","version":1,"text":["a"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, err := Decode([]byte(b)); err == nil {
				t.Errorf("Decode(%s) = %+v, want an error", b, a)
			}
		})
	}
}

func TestList_nilIsNullAndEmptyIsNot(t *testing.T) {
	t.Parallel()
	for in, wantNil := range map[string]bool{"null": true, "[]": false} {
		a, err := Decode([]byte(`{"schema":"copydesk.article/1","uri":"u","item":"i","version":1,"quotes":` + in + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if (a.Quotes == nil) != wantNil {
			t.Errorf("quotes %s decodes to %#v", in, a.Quotes)
		}
		out, err := Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out), `"quotes":`+in) {
			t.Errorf("quotes %s encodes to %s", in, out)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(golden(f, "article-v1.json"))
	f.Add([]byte(`{"schema":"copydesk.article/1","uri":"u","item":"i","version":1,"x":{"y":[1]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			return
		}
		once, err := Encode(a)
		if err != nil {
			return // such as a year past 9999, which JSON times cannot hold
		}
		a2, err := Decode(once)
		if err != nil {
			t.Fatalf("cannot decode what Encode wrote: %v\n%s", err, once)
		}
		twice, err := Encode(a2)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("a second round changed the record (%v):\n%s\n%s", err, once, twice)
		}
	})
}

func indent(tb testing.TB, b []byte) string {
	tb.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// sized returns a record whose JSON is exactly n bytes: as ingest leaves it, or
// tagged with the given parts.
func sized(tb testing.TB, n int, tagged bool) []byte {
	tb.Helper()
	a, err := Decode(golden(tb, "article-v1.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var plain Article
	plain.Schema, plain.URI, plain.Version, plain.Item = a.Schema, a.URI, a.Version, a.Item
	plain.Lane, plain.Status, plain.Kind, plain.Received = Live, Usable, KindArticle, a.Received
	plain.Source = Source{Name: "cli"}
	plain.Input = Input{SHA256: a.Input.SHA256, MediaType: "text/plain", Charset: a.Input.Charset, Bytes: 3000, Filename: a.Input.Filename, Count: 1, Seq: 12}
	plain.Language, plain.Headline = a.Language, a.Headline
	plain.Provenance = map[string]Provenance{"headline": {Method: "first_line", Confidence: 0.8}, "language": {Method: "detected", Confidence: 1}}
	plain.Trace = []Step{{Stage: StageIngest, Version: "0.1.0", Started: time.Unix(1771357327, 0).UTC(), Ms: 0.5, Attempt: 1}}
	if tagged {
		plain.Dedupe = &Dedupe{Relation: New, Method: "containment"}
		e := a.Entities[1]
		for i := range 4 {
			e.ID = e.ID[:len(e.ID)-1] + string(rune('a'+i))
			plain.Entities = append(plain.Entities, e)
		}
		plain.Quotes = List[Quote]{{Start: 10, End: 70, Text: a.Quotes[0].Text, Speaker: &e.ID, Verb: a.Quotes[0].Verb}}
	}
	set := func(text string) []byte {
		plain.Text = &text
		b, err := Encode(&plain)
		if err != nil {
			tb.Fatal(err)
		}
		return b
	}
	empty := len(set(""))
	b := set(strings.Repeat("The harbour council voted to close the lock. ", n/40)[:n-empty])
	if len(b) != n {
		tb.Fatalf("the record is %d bytes, want %d", len(b), n)
	}
	return b
}

// One decode and one encode is what every hop pays. The marks: 30 us for text
// only, 50 us tagged, on one core of a 2-core machine.
func BenchmarkDecodeEncode(b *testing.B) {
	for name, tagged := range map[string]bool{"text": false, "tagged": true} {
		b.Run(name, func(b *testing.B) {
			in := sized(b, 4096, tagged)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				a, err := Decode(in)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Encode(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
