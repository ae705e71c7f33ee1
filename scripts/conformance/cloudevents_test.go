// Package conformance checks copydesk against other people's implementations of
// the formats it speaks. It is in this module so that they stay out of the
// product's.
package conformance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/copydesk/copydesk/pkg/article"
)

func TestCloudEvents_everyStageWritesValidEvents(t *testing.T) {
	t.Parallel()
	item := article.ItemID(time.Unix(0, 0), 1, 0)
	at := time.Date(2026, 2, 17, 19, 42, 7, 123456789, time.UTC)
	for _, stage := range article.Stages() {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			h := map[string][]string{}
			article.NewEventWriter(stage).Write(h, article.URI(item), 2, at)

			e := event.New(h[article.HeaderEventSpec][0])
			e.SetID(h[article.HeaderEventID][0])
			e.SetSource(h[article.HeaderEventSource][0])
			e.SetType(h[article.HeaderEventType][0])
			e.SetSubject(h[article.HeaderEventSubject][0])
			e.SetDataContentType(h[article.HeaderEventContentType][0])
			when, err := time.Parse(time.RFC3339, h[article.HeaderEventTime][0])
			if err != nil {
				t.Fatal(err)
			}
			e.SetTime(when)
			if err := e.Validate(); err != nil {
				t.Error(err)
			}
			if len(h) != 7 {
				t.Errorf("%d headers, but this test knows 7: %v", len(h), h)
			}
		})
	}
}

func TestCloudEvents_readsWhatTheSDKWrites(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, media string
		data        any
		want        string
	}{
		{"text", "text/plain", "Der Rat stimmte 7–2.", "Der Rat stimmte 7–2."},
		{"HTML", "text/html", "<p>A \"quote\" & more</p>", "<p>A \"quote\" & more</p>"},
		{"bytes", "application/pdf", []byte("%PDF-\xff"), "%PDF-\xff"},
		{"JSON", "application/json", map[string]string{"headline": "Lock"}, `{"headline":"Lock"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := event.New()
			e.SetID("7")
			e.SetSource("/desk")
			e.SetType("news.dropped")
			e.SetSubject("lock 😀")
			e.SetTime(time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC))
			e.SetExtension("edition", "late")
			if html, ok := c.data.(string); ok && c.media == "text/html" {
				e.SetDataContentType(c.media) // SetData knows text/plain only
				e.DataEncoded = []byte(html)
			} else if err := e.SetData(c.media, c.data); err != nil {
				t.Fatal(err)
			}
			if err := e.Validate(); err != nil {
				t.Fatal(err)
			}
			wire, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			got, payload, err := article.ReadEvent(map[string][]string{"Content-Type": {event.ApplicationCloudEventsJSON}}, wire)
			if err != nil {
				t.Fatal(err)
			}
			if string(payload) != c.want {
				t.Errorf("payload of %s is %q, want %q", wire, payload, c.want)
			}
			want := article.Event{ID: "7", Source: "/desk", Type: "news.dropped", Subject: "lock 😀", ContentType: c.media, Time: e.Time()}
			if *got != want {
				t.Errorf("event %+v, want %+v", *got, want)
			}
		})
	}
}
