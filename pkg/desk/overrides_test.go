package desk

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// pair is an override on two made-up hashes.
func pair(v Verdict, a, b string) PairOverride {
	return PairOverride{Verdict: v, Articles: [2]Named{{Hash: strings.Repeat(a, 64), URI: "a"}, {Hash: strings.Repeat(b, 64), URI: "b"}}}
}

func TestPairOverride_hasOneKeyInEitherOrder(t *testing.T) {
	t.Parallel()
	want := "dedupe." + strings.Repeat("1", 16) + "." + strings.Repeat("2", 16)
	for _, p := range []PairOverride{pair(Same, "1", "2"), pair(Different, "2", "1")} {
		key, err := p.Key()
		if err != nil || key != want {
			t.Errorf("key %q, %v, want %q", key, err, want)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if back, ok, err := ParsePairOverride(key, b); err != nil || !ok || back != p {
			t.Errorf("read back %+v, %v, %v, want %+v", back, ok, err, p)
		}
	}
}

func TestParsePairOverride_refuses(t *testing.T) {
	t.Parallel()
	key, err := pair(Same, "1", "2").Key()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"no JSON":                        "same",
		"no hashes":                      `{"verdict":"same"}`,
		"the hashes of another key":      `{"verdict":"same","articles":[{"hash":"` + strings.Repeat("1", 64) + `"},{"hash":"` + strings.Repeat("3", 64) + `"}]}`,
		"a verdict that is none of them": `{"verdict":"alike","articles":[{"hash":"` + strings.Repeat("1", 64) + `"},{"hash":"` + strings.Repeat("2", 64) + `"}]}`,
	} {
		if p, _, err := ParsePairOverride(key, []byte(value)); err == nil {
			t.Errorf("%s: %+v and no error", name, p)
		}
	}
	if _, ok, err := ParsePairOverride("entity.deny.x", []byte("{}")); ok || err != nil {
		t.Errorf("an override about something else: %v, %v, want neither", ok, err)
	}
}

func TestOverrides_areReadWholeFollowedAndNamedByWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := logServer(t)
	kv, err := s.JS.KeyValue(t.Context(), bus.BucketOverrides)
	if err != nil {
		t.Fatal(err)
	}
	put := func(p PairOverride) string {
		t.Helper()
		key, err := p.Key()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kv.Put(t.Context(), key, b); err != nil {
			t.Fatal(err)
		}
		return key
	}
	open := func() *overrides {
		t.Helper()
		o, err := openOverrides(t.Context(), s.JS, desktest.Logger(t), func(uint64, int) {})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	rev := func(o *overrides) string {
		if c := o.current.Load(); c != nil {
			return c.Rev()
		}
		return ""
	}
	if o := open(); rev(o) != "" {
		t.Errorf("without any, the revision is %q, want none", rev(o))
	}
	put(pair(Same, "1", "2"))
	o := open()
	first := rev(o)
	if !strings.HasPrefix(first, "1-") {
		t.Errorf("with one the revision is %q, want 1-…", first)
	}
	desktest.Run(t, func(ctx context.Context) error { return o.follow(ctx) })
	key := put(pair(Different, "3", "4"))
	desktest.Wait(t, "the second", func() bool { return strings.HasPrefix(rev(o), "2-") })
	// What concerns something else, or cannot be read, changes nothing else.
	if _, err := kv.Put(t.Context(), "entity.deny.x", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "dedupe.x.y", []byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the unreadable one", func() bool { return strings.HasPrefix(rev(o), "4-") })
	if err := kv.Delete(t.Context(), "dedupe.x.y"); err != nil {
		t.Fatal(err)
	}
	if err := kv.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "the removal", func() bool { return strings.HasPrefix(rev(o), "6-") })
	if _, hash, _ := strings.Cut(rev(o), "-"); !strings.HasSuffix(first, hash) {
		t.Errorf("revision %q names other overrides than %q, which were the same", rev(o), first)
	}
	// Another process comes to the same.
	if other := open(); rev(other) != rev(o) {
		t.Errorf("read anew the revision is %q, followed it is %q", rev(other), rev(o))
	}
}
