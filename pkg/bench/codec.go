package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// recordSize is that of the records the codec is measured on: an article of some 420
// words.
const recordSize = 4096

// codecTime is how long a codec is measured in a round.
const codecTime = 300 * time.Millisecond

// codec measures one decode and one encode of a record, which every hop pays.
func codec(r *Report) error {
	for _, tagged := range []bool{false, true} {
		name := "text_only"
		if tagged {
			name = "tagged"
		}
		record, err := sized(tagged)
		if err != nil {
			return err
		}
		n, cpu, start := 0, cpuTime(), time.Now()
		for ; time.Since(start) < codecTime; n++ {
			a, err := article.Decode(record)
			if err != nil {
				return err
			}
			if _, err := article.Encode(a); err != nil {
				return err
			}
		}
		r.add("json", name, micros(cpuTime()-cpu)/float64(n), "us")
	}
	return nil
}

// sized returns a record of recordSize bytes: as ingest leaves it, or with the parts
// of dedupe and entities.
func sized(tagged bool) ([]byte, error) {
	at := time.Date(2026, 2, 17, 19, 28, 47, 0, time.UTC)
	item := article.ItemID(at, 12, 0)
	charset, headline, language, wikidata, country := "utf-8", "Harbour council votes to close the old lock", "en", "Q307871", "EG"
	a := &article.Article{
		Schema: article.SchemaV1, URI: article.URI(item), Version: 1, Item: item,
		Lane: article.Live, Status: article.Usable, Kind: article.KindArticle, Received: at,
		Source:   article.Source{Name: source},
		Input:    article.Input{SHA256: strings.Repeat("0123456789abcdef", 4), MediaType: "text/plain", Charset: &charset, Bytes: 3000, Count: 1, Seq: 12},
		Headline: &headline, Language: &language,
		Provenance: map[string]article.Provenance{"headline": {Method: "first_line", Confidence: 0.8}, "language": {Method: "detected", Confidence: 1}},
		Trace:      []article.Step{{Stage: article.StageIngest, Version: "0.1.0", Started: at, Ms: 0.5, Attempt: 1}},
	}
	if tagged {
		a.Dedupe = &article.Dedupe{Relation: article.New, Method: "containment"}
		for i := range 4 {
			name := strings.Fields("Sisi Blinken Hassan Okafor")[i]
			a.Entities = append(a.Entities, article.Entity{
				ID: "wd:" + wikidata, Type: article.Person, Name: name, Wikidata: &wikidata, Country: &country, Salience: 0.4, Confidence: 0.9,
				Mentions: []article.Mention{{Start: 10 * i, End: 10*i + 6, Text: name, Form: "surname", Confidence: 0.9}, {Start: 100 * i, End: 100*i + 6, Text: name, Form: "surname", Confidence: 0.9}},
			})
		}
		verb := "said"
		a.Quotes = article.List[article.Quote]{{Start: 10, End: 70, Text: "The lock has served this town for a hundred years", Speaker: &a.Entities[0].ID, Verb: &verb}}
	}
	empty := ""
	a.Text = &empty
	bare, err := article.Encode(a)
	if err != nil {
		return nil, err
	}
	const sentence = "The harbour council voted to close the lock. "
	text := strings.Repeat(sentence, recordSize/len(sentence)+1)[:max(recordSize-len(bare), 0)]
	a.Text = &text
	b, err := article.Encode(a)
	if err == nil && len(b) != recordSize {
		err = fmt.Errorf("the record has %d bytes, want %d", len(b), recordSize)
	}
	return b, err
}
