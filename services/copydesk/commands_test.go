package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/article"
)

func TestParseFrom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC)
	at := func(t time.Time) jetstream.OrderedConsumerConfig {
		return jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &t}
	}
	for from, want := range map[string]jetstream.OrderedConsumerConfig{
		"start":                {},
		"now":                  {DeliverPolicy: jetstream.DeliverNewPolicy},
		"":                     {DeliverPolicy: jetstream.DeliverNewPolicy},
		"90m":                  at(now.Add(-90 * time.Minute)),
		"-90m":                 at(now.Add(-90 * time.Minute)),
		"2026-02-17T08:00:00Z": at(now.Add(-4 * time.Hour)),
		"412":                  {DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 412},
	} {
		got, err := parseFrom(from, now)
		if err != nil {
			t.Errorf("parseFrom(%q): %v", from, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("parseFrom(%q) (-want +got):\n%s", from, d)
		}
	}
	for _, from := range []string{"yesterday", "-3", "2026-02-17", "12:00"} {
		if got, err := parseFrom(from, now); err == nil {
			t.Errorf("parseFrom(%q) = %+v, want an error", from, got)
		}
	}
}

const item = "k3w5q2zt7mbn4xv6pc2rhd5yla"

func TestParseReference(t *testing.T) {
	t.Parallel()
	uri := "urn:copydesk:article:" + item
	for s, want := range map[string]reference{
		uri:          {uri, item, 0},
		uri + "@2":   {uri, item, 2},
		uri + "@v2":  {uri, item, 2},
		uri + "#v12": {uri, item, 12},
		item:         {uri, item, 0},
		item + "@1":  {uri, item, 1},
	} {
		got, err := parseReference(s)
		if err != nil || got != want {
			t.Errorf("parseReference(%q) = %+v, %v; want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "lock", item + "@", item + "@0", item + "@-1", uri + "@1@2", "urn:copydesk:article:" + item[:20]} {
		if got, err := parseReference(s); err == nil {
			t.Errorf("parseReference(%q) = %+v, want an error", s, got)
		}
	}
}

func TestReference_matches(t *testing.T) {
	t.Parallel()
	const update = "a7c2m5xk4tq6w3zn2bv5rh7dlp"
	message := func(uri string, version int, item string) nats.Header {
		h := nats.Header{article.HeaderItem: {item}}
		article.NewEventWriter(article.StageSummarize).Write(h, uri, version, time.Unix(0, 0))
		return h
	}
	cases := []struct {
		name    string
		ref     string
		header  nats.Header
		version int
		ok      bool
	}{
		{"the first version by its uri", article.URI(item), message(article.URI(item), 1, item), 1, true},
		{"an update by the uri it took", article.URI(item), message(article.URI(item), 2, update), 2, true},
		{"an update by its own item", update, message(article.URI(item), 2, update), 2, true},
		{"another version than was asked for", item + "@1", message(article.URI(item), 2, update), 2, false},
		{"another article", item, message(article.URI(update), 1, update), 0, false},
		{"a dead file, which has an item only", item, nats.Header{article.HeaderItem: {item}}, 1, true},
		{"a dead file that came as a CloudEvent of its sender's", item, nats.Header{article.HeaderItem: {item}, article.HeaderEventID: {"7#v3"}, article.HeaderEventSubject: {"lock"}}, 1, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := parseReference(c.ref)
			if err != nil {
				t.Fatal(err)
			}
			version, ok := r.matches(c.header)
			if version != c.version || ok != c.ok {
				t.Errorf("matches = %d, %v; want %d, %v", version, ok, c.version, c.ok)
			}
		})
	}
}

func TestList_namesFilesInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"b.txt", "a/z.txt", "a.txt", ".hidden", ".git/config", "draft~", "x.tmp", "c/y.part"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	explicit := filepath.Join(dir, ".hidden")
	got, err := list([]string{explicit, dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{explicit, filepath.Join(dir, "a", "z.txt"), filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestRootCommand_noFlagMeansTwoThings(t *testing.T) {
	t.Parallel()
	// Two commands that share a flag's name share its environment variable and its key
	// in the configuration file, so they must mean the same thing by it.
	type use struct{ command, usage string }
	seen := map[string]use{}
	for _, c := range rootCommand(os.Environ, new(bool)).Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "json" || f.Name == "format" || f.Name == "help" || f.Name == "listen" {
				return // the same, in other words
			}
			if was, ok := seen[key(f)]; ok && was.usage != f.Usage {
				t.Errorf("%s: %q for %s, %q for %s", key(f), was.usage, was.command, f.Usage, c.Name())
			}
			seen[key(f)] = use{c.Name(), f.Usage}
		})
	}
}
