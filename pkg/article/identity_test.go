package article

import (
	"testing"
	"time"
)

// The vectors were computed with Python's hashlib and base64, not with this code:
// they hold for every release, since items outlive the binary that named them.
func TestItemID_knownVectors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		created time.Time
		seq     uint64
		index   int
		want    string
	}{
		{"the first article of the first file", time.Unix(0, 0), 1, 0, "oh5kodq5uaf6liiomuonwgjbyu"},
		{"nanoseconds of the creation time count", time.Date(2026, 2, 17, 19, 42, 7, 123456789, time.UTC), 90412, 0, "gkvu4xcxaw56hidh2r3sssl77x"},
		{"the second article of the same file", time.Date(2026, 2, 17, 19, 42, 7, 123456789, time.UTC), 90412, 1, "7pzob3csncowhvi6fktwzvibwe"},
		{"the largest sequence", time.Date(2026, 2, 17, 19, 42, 7, 123456789, time.UTC), 1<<64 - 1, 0, "vhnqtikyearqcwlkta4gn4eer5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ItemID(c.created, c.seq, c.index); got != c.want {
				t.Errorf("ItemID = %q, want %q", got, c.want)
			}
		})
	}
}

func TestItemID_ignoresTheZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 17, 19, 42, 7, 5, time.UTC)
	there := at.In(time.FixedZone("there", 5*3600))
	if a, b := ItemID(at, 7, 0), ItemID(there, 7, 0); a != b {
		t.Errorf("same instant in another zone: %q, want %q", b, a)
	}
}

func TestItemOf_reversesURI(t *testing.T) {
	t.Parallel()
	item := ItemID(time.Unix(0, 0), 1, 0)
	got, ok := ItemOf(URI(item))
	if !ok || got != item {
		t.Errorf("ItemOf(URI(%q)) = %q, %v", item, got, ok)
	}
}

func TestItemOf_refuses(t *testing.T) {
	t.Parallel()
	for name, uri := range map[string]string{
		"an empty string":     "",
		"another scheme":      "https://example.com/article/k3w5q2zt7mbn4xv6pc2rhd5yla",
		"an item cut short":   "urn:copydesk:article:k3w5q2zt7mbn4x",
		"an event id":         "urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla#v1",
		"an item with a tail": "urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5ylaz",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if item, ok := ItemOf(uri); ok {
				t.Errorf("ItemOf(%q) = %q, true", uri, item)
			}
		})
	}
}

func TestMessageID(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		d    Delivery
		want string
	}{
		{"an ordinary hop", Delivery{}, "dedupe/k3w5"},
		{"a replay", Delivery{Run: "run7"}, "run7/dedupe/k3w5"},
		{"the second retry of a dead letter", Delivery{Retry: 2}, "dedupe/k3w5/r2"},
		{"a retry within a replay", Delivery{Run: "run7", Retry: 1}, "run7/dedupe/k3w5/r1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.d.MessageID(StageDedupe, "k3w5"); got != c.want {
				t.Errorf("MessageID = %q, want %q", got, c.want)
			}
		})
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	if got, want := EventID("urn:copydesk:article:x", 12), "urn:copydesk:article:x#v12"; got != want {
		t.Errorf("EventID = %q, want %q", got, want)
	}
}
