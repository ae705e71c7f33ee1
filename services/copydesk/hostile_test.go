package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// hostile is what a sender may write wherever he may write: a cleared screen, a link and a
// clipboard that a terminal obeys, an 8-bit control, a line written over, a bell, text
// turned round and hidden, and markup. A header cannot have line breaks.
const (
	hostile = "\x1b[2J\x1b]8;;http://a.example\x07\x1b]52;c;AAAA\x07\u009b31mred\aring\u202egnp.exe\u2066iso\u2069\u200fmark\u200bhid</script><img src=x onerror=alert(1)>"
	// forged begins a line of its own where a line break is obeyed.
	forged = "\r\nFORGED level=ERROR msg=forged\rFORGED"
)

// unsafe returns what a person's terminal would act on in a text, or "".
func unsafe(s string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		switch {
		case r == '\n':
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\u2028', r == '\u2029':
			return fmt.Sprintf("%U", r)
		}
	}
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, "FORGED") {
			return "a forged line"
		}
	}
	return ""
}

// hostileDesk has taken in an article, a copy of it, a dead file and a dead record, all of
// them hostile in everything a sender may write. It returns what was logged meanwhile.
func hostileDesk(t *testing.T, format string) (srv *desktest.Server, reg *prometheus.Registry, logged *syncBuffer) {
	t.Helper()
	logged, reg = &syncBuffer{}, prometheus.NewRegistry()
	log, err := run.NewLogger(logged, format, "debug")
	if err != nil {
		t.Fatal(err)
	}
	srv = desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"})
	d, err := desk.New(desk.Options{Dial: srv.Dial, Provision: true, Ordered: true, Logger: log, Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	record, err := json.Marshal(map[string]string{
		"title": "The lock " + hostile + forged, "author": hostile, "url": "http://a.example/" + hostile,
		"text": "The lock at Port Alden closed on Monday. " + hostile + forged + " The board said so on Friday in Port Alden.",
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, data := range [][]byte{record, record, []byte("\x7fELF\x00" + hostile)} {
		m := nats.NewMsg("articles.inbox.test")
		for _, name := range []string{article.HeaderFilename, article.HeaderRef, article.HeaderContentLocation, article.HeaderLanguage, article.HeaderPublished} {
			m.Header[name] = []string{hostile}
		}
		if i == 2 {
			m.Header[article.HeaderContentType] = []string{"text/" + hostile}
		}
		m.Data = data
		if _, err := srv.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{article.SubjectIngested, article.SubjectUnique, article.SubjectTagged} {
		m := nats.NewMsg(subject)
		m.Data = []byte(`{"` + hostile)
		for _, name := range []string{article.HeaderItem, article.HeaderSource, article.HeaderLane} {
			m.Header[name] = []string{hostile}
		}
		if _, err := srv.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	desktest.Wait(t, "every item to end", func() bool {
		books, err := ledger.Open(t.Context(), srv.JS)
		if err != nil {
			t.Fatal(err)
		}
		if err := books.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := srv.JS.Stream(t.Context(), article.StreamDead)
		return err == nil && s.CachedInfo().State.Msgs == 4 && ledger.Total(books.Report()).Enriched == 1
	})
	return srv, reg, logged
}

func TestHostile_nothingASenderWritesIsObeyedAnywhere(t *testing.T) {
	t.Parallel()
	srv, reg, logged := hostileDesk(t, "text")
	run := func(t *testing.T, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, err syncBuffer
		env := func() []string { return []string{"COPYDESK_NATS_URL=" + srv.URL()} }
		execute(t.Context(), args, streams{strings.NewReader(""), &out, &err}, env)
		return out.String(), err.String()
	}
	listing, _ := run(t, "tap", "--from", "start", "--no-follow", "--format", "json")
	a, err := article.Decode([]byte(strings.TrimSpace(listing)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, strings.ReplaceAll(hostile+"\nFORGED", "/", "_"))
	if err := os.WriteFile(file, []byte("The council voted. "+hostile+forged), 0o600); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "page.html")
	for _, c := range []struct {
		name string
		args []string
		says string // somewhere in what it prints: the check is of something
	}{
		{"tap, a line", []string{"tap", "--from", "start", "--no-follow", "--format", "line"}, "The lock"},
		{"tap of dead letters, a line", []string{"tap", "dead", "--from", "start", "--no-follow", "--format", "line"}, "undecodable"},
		{"tap of copies, a line", []string{"tap", "duplicate", "--from", "start", "--no-follow", "--format", "line"}, "The lock"},
		{"get, a line", []string{"get", "--format", "line", a.URI}, "The lock"},
		{"trace", []string{"trace", a.URI}, "enriched"},
		{"trace --json", []string{"trace", "--json", a.URI}, "enriched"},
		{"dead ls", []string{"dead", "ls"}, "undecodable"},
		{"dead ls --json", []string{"dead", "ls", "--json"}, "undecodable"},
		{"dead show", []string{"dead", "show", "1"}, "class"},
		{"dead show of another", []string{"dead", "show", "4"}, "class"},
		{"dead show --json", []string{"dead", "show", "--json", "2"}, "reason"},
		{"dead retry", []string{"dead", "retry", "2", "--dry-run"}, ""},
		{"status", []string{"status"}, "dead"},
		{"status --json", []string{"status", "--json"}, "dead"},
		{"top", []string{"top", "--once"}, "unsupported"},
		{"doctor", []string{"doctor"}, ""},
		{"doctor --json", []string{"doctor", "--json"}, ""},
		{"drop of a hostile name", []string{"drop", file}, "gnp.exe"},
		{"drop --json of a hostile name", []string{"drop", "--json", file}, "gnp.exe"},
		{"drop of a hostile name that is not there", []string{"drop", file + "2"}, "gnp.exe"},
		{"a hostile source", []string{"drop", "--source", hostile, file}, "gnp.exe"},
		{"a hostile reference", []string{"get", hostile}, "gnp.exe"},
		{"a hostile subject", []string{"tap", hostile}, "gnp.exe"},
		{"process, a line", []string{"process", "--format", "line", "--html", page, file}, "The council"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr := run(t, c.args...)
			if what := unsafe(stdout); what != "" {
				t.Errorf("%s on stdout:\n%q", what, stdout)
			}
			if what := unsafe(stderr); what != "" {
				t.Errorf("%s on stderr:\n%q", what, stderr)
			}
			if !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("%q is not there:\n%s\n%s", c.says, stdout, stderr)
			}
		})
	}
	t.Run("the page", func(t *testing.T) {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), "\t", " ") // of the style sheet
		if what := unsafe(text); what != "" || strings.Contains(string(b), "<img") || !strings.Contains(string(b), "The council") {
			t.Errorf("%s in the page:\n%s", what, b)
		}
	})
	t.Run("the log", func(t *testing.T) {
		if what := unsafe(logged.String()); what != "" || !strings.Contains(logged.String(), "message buried") {
			t.Errorf("%s in the log:\n%q", what, logged.String())
		}
	})
	t.Run("the metrics", func(t *testing.T) {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, f := range families {
			if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
				t.Fatal(err)
			}
		}
		if what := unsafe(b.String()); what != "" || strings.Contains(b.String(), "gnp.exe") {
			t.Errorf("%s in the metrics", what)
		}
	})
	t.Run("a record on a terminal means what it is", func(t *testing.T) {
		var out strings.Builder
		if err := (printer{w: &out, terminal: true}).raw([]byte(strings.TrimSpace(listing))); err != nil {
			t.Fatal(err)
		}
		if what := unsafe(out.String()); what != "" {
			t.Errorf("%s", what)
		}
		var want, got any
		if err := json.Unmarshal([]byte(listing), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("the record changed:\n%v\n%v", want, got)
		}
	})
	t.Run("raw gives the bytes to a file and their picture to a terminal", func(t *testing.T) {
		stdout, _ := run(t, "raw", a.URI)
		if !strings.Contains(stdout, "gnp.exe") || unsafe(view.Terminal(stdout)) != "" {
			t.Errorf("%q", stdout)
		}
	})
}

func TestHostile_logInJSON(t *testing.T) {
	t.Parallel()
	_, _, logged := hostileDesk(t, "json")
	if what := unsafe(logged.String()); what != "" {
		t.Errorf("%s in the log", what)
	}
	for line := range strings.Lines(logged.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}
