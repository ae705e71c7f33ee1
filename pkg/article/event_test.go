package article

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventWriter_writesBinaryMode(t *testing.T) {
	t.Parallel()
	h := map[string][]string{HeaderItem: {"k3w5"}}
	at := time.Date(2026, 2, 17, 20, 42, 7, 120000000, time.FixedZone("CET", 3600))
	NewEventWriter(StageDedupe).Write(h, "urn:copydesk:article:k3w5", 3, at)
	want := map[string][]string{
		"Copydesk-Item":      {"k3w5"},
		"ce-specversion":     {"1.0"},
		"ce-id":              {"urn:copydesk:article:k3w5#v3"},
		"ce-source":          {"/copydesk/dedupe"},
		"ce-type":            {"copydesk.article.dedupe.v1"},
		"ce-time":            {"2026-02-17T19:42:07.12Z"},
		"ce-subject":         {"urn:copydesk:article:k3w5"},
		"ce-datacontenttype": {"application/json"},
	}
	if d := cmp.Diff(want, h); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
}

func TestEventWriter_addingToAHeaderTouchesNoOtherMessage(t *testing.T) {
	t.Parallel()
	w := NewEventWriter(StageDedupe)
	a, b := map[string][]string{}, map[string][]string{}
	w.Write(a, "urn:a", 1, time.Unix(0, 0))
	w.Write(b, "urn:b", 1, time.Unix(0, 0))
	for k := range a {
		a[k] = append(a[k], "more")
	}
	for k, v := range b {
		if len(v) != 1 || v[:cap(v)][cap(v)-1] == "more" {
			t.Errorf("%s of the other message is now %q", k, v[:cap(v)])
		}
	}
}

func TestReadEvent(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC)
	structured := map[string][]string{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}
	cases := []struct {
		name    string
		header  map[string][]string
		data    string
		event   *Event
		payload string
	}{
		{"a message without headers is only its bytes", nil, "Some news.", nil, "Some news."},
		{"a Content-Type alone is not an event", map[string][]string{"Content-Type": {"text/html"}}, "<p>", nil, "<p>"},
		{
			"binary mode: attributes in headers, payload as it came",
			map[string][]string{
				"ce-specversion": {"1.0"}, "ce-id": {"7"}, "ce-source": {"/desk"}, "ce-type": {"news"},
				"ce-subject": {"lock"}, "ce-time": {"2026-02-17T12:00:00Z"}, "ce-datacontenttype": {"text/html"},
			},
			"<p>News", &Event{ID: "7", Source: "/desk", Type: "news", Subject: "lock", ContentType: "text/html", Time: noon}, "<p>News",
		},
		{
			"binary mode from an HTTP gateway, in its spelling and with Content-Type",
			map[string][]string{"Ce-Specversion": {"1.0"}, "Ce-Id": {"7"}, "content-type": {"text/plain"}},
			"News", &Event{ID: "7", ContentType: "text/plain"}, "News",
		},
		{
			"binary mode: percent-encoded and quoted values are decoded once",
			map[string][]string{"ce-specversion": {"1.0"}, "ce-subject": {"Euro%20%E2%82%AC%20%f0%9f%98%80%2520"}, "ce-source": {`"a \"b\" c"`}},
			"", &Event{Subject: "Euro € 😀%20", Source: `a "b" c`}, "",
		},
		{
			"binary mode: a value that is not UTF-8 is dropped, the payload is not",
			map[string][]string{"ce-specversion": {"1.0"}, "ce-id": {"7"}, "ce-subject": {"%C0%A0"}},
			"News", &Event{ID: "7"}, "News",
		},
		{
			"binary mode: a time that cannot be read is unknown",
			map[string][]string{"ce-specversion": {"1.0"}, "ce-time": {"yesterday"}},
			"News", &Event{}, "News",
		},
		{
			"structured mode: a string of text is the payload",
			structured, `{"specversion":"1.0","id":"7","source":"/desk","type":"news","time":"2026-02-17T12:00:00Z","datacontenttype":"text/plain","subject":"lock","data":"One.\n\nTwo \u20ac."}`,
			&Event{ID: "7", Source: "/desk", Type: "news", Subject: "lock", ContentType: "text/plain", Time: noon}, "One.\n\nTwo €.",
		},
		{
			"structured mode: an object is the payload as it stands",
			structured, `{"specversion":"1.0","id":"7","source":"/desk","type":"news","data":{"headline": "Lock",  "n":1}}`,
			&Event{ID: "7", Source: "/desk", Type: "news"}, `{"headline": "Lock",  "n":1}`,
		},
		{
			"structured mode: a string that says it is JSON stays JSON",
			structured, `{"specversion":"1.0","datacontenttype":"application/json","data":"a"}`,
			&Event{ContentType: "application/json"}, `"a"`,
		},
		{
			"structured mode: base64 is decoded",
			structured, `{"specversion":"1.0","id":"7","datacontenttype":"application/pdf","data_base64":"JVBERg==","ext":{"a":1}}`,
			&Event{ID: "7", ContentType: "application/pdf"}, "%PDF",
		},
		{"structured mode: an event without data has no payload", structured, `{"specversion":"1.0","id":"7"}`, &Event{ID: "7"}, ""},
		{"structured mode: null data is no data", structured, `{"specversion":"1.0","id":"7","data":null}`, &Event{ID: "7"}, ""},
		{
			"released binding: JSON with a specversion and no headers is structured",
			nil, ` {"type":"news","specversion" : "1.0","data":"News"}`, &Event{Type: "news"}, "News",
		},
		{"a JSON file that only mentions specversion is a file", nil, `{"about":"\"specversion\"","x":1}`, nil, `{"about":"\"specversion\"","x":1}`},
		{"broken JSON without a Content-Type is a file", nil, `{"specversion":"1.0",`, nil, `{"specversion":"1.0",`},
		{"JSON sent as JSON is a file", map[string][]string{"Content-Type": {"application/json"}}, `{"specversion":"1.0"}`, nil, `{"specversion":"1.0"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			event, payload, err := ReadEvent(c.header, []byte(c.data))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.event, event); d != "" {
				t.Errorf("event (-want +got):\n%s", d)
			}
			if string(payload) != c.payload {
				t.Errorf("payload = %q, want %q", payload, c.payload)
			}
		})
	}
}

func TestReadEvent_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ media, data string }{
		"a batch, which NATS does not have":   {"application/cloudevents-batch+json", `[]`},
		"an event that is not JSON":           {"application/cloudevents+json", `<p>`},
		"an event of another major version":   {"Application/CloudEvents+JSON", `{"specversion":"0.3","data":"x"}`},
		"an event with two payloads":          {"application/cloudevents", `{"specversion":"1.0","data":"x","data_base64":"eA=="}`},
		"an event with damaged base64":        {"application/cloudevents+json", `{"specversion":"1.0","data_base64":"*"}`},
		"an event in a format we cannot read": {"application/cloudevents+avro", "\x02\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := ReadEvent(map[string][]string{"Content-Type": {c.media}}, []byte(c.data))
			if !errors.Is(err, ErrEvent) {
				t.Errorf("err = %v, want ErrEvent", err)
			}
		})
	}
}

func FuzzEscapeHeader(f *testing.F) {
	for _, s := range []string{"", "plain", "a b", `"q"`, "100%", "Euro € 😀", "%41", "a\\b", "\r\nX: y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := escapeHeader(s)
		for i := range len(escaped) {
			if c := escaped[i]; c <= ' ' || c >= 0x7f || c == '"' {
				t.Fatalf("escapeHeader(%q) = %q has byte %#x", s, escaped, c)
			}
		}
		back, ok := unescapeHeader(escaped)
		if ok && back != s {
			t.Fatalf("unescapeHeader(escapeHeader(%q)) = %q", s, back)
		}
	})
}

func FuzzReadEvent(f *testing.F) {
	f.Add("application/cloudevents+json", `{"specversion":"1.0","data":"x"}`)
	f.Add("", `{"specversion":"1.0","data_base64":"eA=="}`)
	f.Add("text/plain", "x")
	f.Fuzz(func(t *testing.T, media, data string) {
		h := map[string][]string{}
		if media != "" {
			h["Content-Type"] = []string{media}
		}
		event, payload, err := ReadEvent(h, []byte(data))
		if err != nil && !errors.Is(err, ErrEvent) {
			t.Fatalf("err = %v, want ErrEvent", err)
		}
		if err == nil && event == nil && string(payload) != data {
			t.Fatalf("no event, and the payload changed from %q to %q", data, payload)
		}
	})
}

func BenchmarkEventWriter(b *testing.B) {
	w := NewEventWriter(StageDedupe)
	at := time.Date(2026, 2, 17, 19, 42, 7, 123456789, time.UTC)
	h := make(map[string][]string, 16)
	b.ReportAllocs()
	for b.Loop() {
		clear(h)
		w.Write(h, "urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla", 1, at)
	}
}
