package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/entity"
)

func TestParseEntityOverride_refuses(t *testing.T) {
	t.Parallel()
	deny := EntityOverride{Override: entity.Override{Act: entity.Deny, Name: "Quill"}}
	key, err := deny.Key()
	if err != nil {
		t.Fatal(err)
	}
	if back, ok, err := ParseEntityOverride(key, []byte(`{"act":"deny","name":"Quill","reason":"a pen"}`)); err != nil || !ok || back.Name != "Quill" {
		t.Errorf("a good one: %+v, %v, %v", back, ok, err)
	}
	for name, value := range map[string]string{
		"no JSON":                              "deny",
		"nothing":                              "",
		"a name of another key":                `{"act":"deny","name":"Quinn"}`,
		"an act of another key":                `{"act":"alias","name":"Quill","id":"wd:Q20"}`,
		"an act that is none of them":          `{"act":"forget","name":"Quill"}`,
		"no name":                              `{"act":"deny"}`,
		"a field that may say something else":  `{"act":"deny","name":"Quill","unless":"Tuesday"}`,
		"more than one value":                  `{"act":"deny","name":"Quill"} {}`,
		"a reason of a book's length":          `{"act":"deny","name":"Quill","reason":"` + strings.Repeat("why ", 1000) + `"}`,
		"a value larger than any override has": `{"act":"deny","name":"Quill"` + strings.Repeat(" ", maxEntityOverride) + `}`,
	} {
		if e, _, err := ParseEntityOverride(key, []byte(value)); err == nil {
			t.Errorf("%s: %+v and no error", name, e)
		}
	}
	if _, ok, err := ParseEntityOverride("dedupe.x.y", []byte("{}")); ok || err != nil {
		t.Errorf("an override about something else: %v, %v, want neither", ok, err)
	}
}

func FuzzParseEntityOverride(f *testing.F) {
	f.Add("entity.deny.0123456789abcdef", []byte(`{"act":"deny","name":"Quill"}`))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		e, ok, err := ParseEntityOverride(key, value)
		if !ok || err != nil {
			return
		}
		if again, err := e.Key(); err != nil || again != key {
			t.Errorf("read under %q, belongs under %q, %v", key, again, err)
		}
	})
}

// logLines keeps what is logged.
type logLines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

func TestEntityOverrides_areReadWholeFollowedAndBadOnesSaidOnce(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	kv, err := s.JS.KeyValue(t.Context(), bus.BucketOverrides)
	if err != nil {
		t.Fatal(err)
	}
	put := func(o entity.Override) string {
		t.Helper()
		e := EntityOverride{Override: o, Reason: "a test"}
		key, err := e.Key()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kv.Put(t.Context(), key, b); err != nil {
			t.Fatal(err)
		}
		return key
	}
	lines := &logLines{}
	open := func() *entityOverrides {
		t.Helper()
		o, err := openEntityOverrides(t.Context(), s.JS, slog.New(slog.NewTextHandler(lines, nil)), func(uint64, int) {})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if o := open(); o.current.Load() != nil {
		t.Errorf("without any, the revision is %q, want none", o.current.Load().Rev())
	}
	put(entity.Override{Act: entity.Deny, Name: "Quill"})
	o := open()
	first := o.current.Load().Rev()
	if !strings.HasPrefix(first, "1-") {
		t.Errorf("with one the revision is %q, want 1-…", first)
	}
	desktest.Run(t, func(ctx context.Context) error { return o.follow(ctx) })

	// A bad value, one under no key that can be, and one that another stands against: each is
	// said once, and the rest holds.
	if _, err := kv.Put(t.Context(), "entity.alias.0000000000000000", []byte(`{"act":"alias","name":`)); err != nil {
		t.Fatal(err)
	}
	put(entity.Override{Act: entity.Alias, Name: "QUILL", ID: "wd:Q20"})
	key := put(entity.Override{Act: entity.Merge, ID: "name:person:ilse-brandt", Into: "wd:Q20"})
	desktest.Wait(t, "the fourth", func() bool { return strings.HasPrefix(o.current.Load().Rev(), "4-") })
	if n := lines.count("override ignored"); n != 1 {
		t.Errorf("the bad value was said %d times, want once", n)
	}
	if n := lines.count("is denied by entity.deny."); n != 1 {
		t.Errorf("the alias of a denied name was said %d times, want once", n)
	}
	if other := open(); other.current.Load().Rev() != o.current.Load().Rev() {
		t.Errorf("read anew the revision is %q, followed it is %q", other.current.Load().Rev(), o.current.Load().Rev())
	}
	// What becomes bad no longer says what it said before.
	if _, err := kv.Put(t.Context(), key, []byte("null")); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the fifth", func() bool { return strings.HasPrefix(o.current.Load().Rev(), "5-") })
	if n := len(o.all); n != 2 {
		t.Errorf("%d overrides are left, want 2", n)
	}
	// What is about something else does not count.
	if _, err := kv.Put(t.Context(), "dedupe.x.y", []byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	list, err := kv.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range list {
		if strings.HasPrefix(k, EntityPrefix) {
			if err := kv.Delete(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
	}
	desktest.Wait(t, "all to be gone", func() bool { return o.current.Load() == nil })
}
