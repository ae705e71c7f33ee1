package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/overview"
)

func seconds(f float64) *float64 { return &f }

// busy is an overview of a desk with much to do and a stage without a worker.
func busy() *overview.Overview {
	at := time.Date(2026, 2, 17, 8, 30, 5, 0, time.UTC)
	account := func(source, lane string, sums ledger.Sums) overview.Account {
		sums.Source = source
		return overview.Account{Sums: sums, Items: sums.Items(), InFlight: sums.InFlight()}
	}
	return &overview.Overview{
		Taken: at, Server: "2.15.2",
		Total: account("", "", ledger.Sums{Files: 1200, Opened: 1190, Split: 4300, Enriched: 3000, Duplicate: 900, Dead: 12}),
		Lanes: []overview.Account{
			{Sums: ledger.Sums{Lane: "live"}, Items: 4000, InFlight: 388},
			{Sums: ledger.Sums{Lane: "backfill"}, Items: 310, InFlight: 10},
		},
		Latency: overview.Latency{Samples: 120, P50: seconds(.0243), P95: seconds(1.25), P99: seconds(75)},
		Stages: []overview.Stage{
			{Stage: "ingest", Stream: "ARTICLES_INBOX", Pending: 10, Pulls: 2, In: seconds(240), Out: seconds(251.4), Oldest: seconds(.05), State: overview.Waiting},
			{Stage: "dedupe", Stream: "ARTICLES_INGESTED", AckPending: 77, Redelivered: 3, In: seconds(251.4), Out: seconds(9.96), Oldest: seconds(.31), State: overview.Working},
			{Stage: "entities", Stream: "ARTICLES_UNIQUE", Pending: 311, In: seconds(.5), Out: seconds(0), Oldest: seconds(3725), State: overview.Absent},
			{Stage: "summarize", Stream: "ARTICLES_TAGGED", Pulls: 2, State: overview.Idle},
		},
		Streams: []overview.Stream{
			{Stream: "ARTICLES_INBOX", Messages: 1200, Bytes: 5_400_000, MaxBytes: 2 << 30},
			{Stream: "ARTICLES_UNIQUE", Messages: 3311, Bytes: 900 << 20, MaxBytes: 1 << 30},
			{Stream: "ARTICLES_DEAD", MaxBytes: 400 << 20},
		},
		Dead: overview.Dead{Total: 12, Input: 11, Fault: 1, Last: []overview.Letter{
			{Time: at.Add(-time.Minute), Stage: "ingest", Source: "mail", Class: "fault", Reason: "timeout", Error: "reading took longer than 10s"},
			{Time: at.Add(-time.Hour), Stage: "ingest", Source: "ap", Class: "input", Reason: "encrypted", Error: "the PDF is locked: send it without a password"},
		}},
	}
}

func TestScreen_text(t *testing.T) {
	t.Parallel()
	first := busy()
	for i := range first.Stages {
		first.Stages[i].In, first.Stages[i].Out = nil, nil
	}
	first.Latency, first.Dead = overview.Latency{}, overview.Dead{}
	broken := busy()
	broken.Total.InFlight = -3
	for name, s := range map[string]screen{
		"busy":       {overview: busy()},
		"first":      {overview: first, keys: true},
		"broken":     {overview: broken},
		"unanswered": {overview: busy(), err: errors.New("look at ARTICLES_DEAD: nats: timeout"), keys: true},
		"starting":   {keys: true},
	} {
		s.server, s.interval, s.zone = "nats://127.0.0.1:4222", 2*time.Second, time.UTC
		golden(t, "testdata/top/"+name+".golden", s.text())
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestScreen_fitsTheTerminal(t *testing.T) {
	t.Parallel()
	s := screen{server: "nats://127.0.0.1:4222", overview: busy(), width: 60, height: 12, zone: time.UTC}
	lines := strings.Split(s.draw(), "\n")
	if len(lines) != 12 {
		t.Errorf("%d lines, want the 12 that fit", len(lines))
	}
	for _, l := range lines {
		if w := lipgloss.Width(l); w > 60 {
			t.Errorf("a line of %d columns: %q", w, l)
		}
	}
	s.width, s.height = 0, 0
	whole := s.draw()
	if got, want := sgr.ReplaceAllString(whole, ""), strings.TrimSuffix(s.text(), "\n"); got != want {
		t.Errorf("without its colours the screen is not the text (-want +got):\n%s", cmp.Diff(want, got))
	}
	for text, want := range map[string]bool{"ARTICLES_INGESTED ": false, "entities": true, "ARTICLES_UNIQUE  3311": true, "summarize": false} {
		for l := range strings.SplitSeq(whole, "\n") {
			if strings.Contains(l, text) && strings.Contains(l, "1;91m") != want && strings.Contains(l, "1;31m") != want {
				t.Errorf("alarm is %v for %q", !want, l)
			}
		}
	}
}

// What a sender wrote is shown and does nothing.
func TestScreen_obeysNobodysEscapes(t *testing.T) {
	t.Parallel()
	evil := "\x1b]0;owned\x07\x1b[2J\u202egnp\u2066\u009b31m\nnext\tcell"
	s := busy()
	s.Server = evil
	s.Dead.Last[0] = overview.Letter{Stage: evil, Source: evil, Class: evil, Reason: evil, Error: evil}
	for _, drawn := range []string{
		screen{server: evil, overview: s, err: errors.New(evil)}.text(),
		sgr.ReplaceAllString(screen{server: evil, overview: s, err: errors.New(evil), width: 300, height: 80}.draw(), ""),
	} {
		if !strings.Contains(drawn, "owned") {
			t.Error("it is not shown at all")
		}
		for _, c := range drawn {
			if c != '\n' && unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
				t.Fatalf("%U is in %q", c, drawn)
			}
		}
		if strings.Contains(drawn, "\nnext") {
			t.Error("a line of its own")
		}
	}
}

// topUnderTest is a model that looks without a server.
func topUnderTest(results ...looked) *topModel {
	return &topModel{screen: screen{interval: time.Millisecond, keys: true, zone: time.UTC}, look: func() (*overview.Overview, error) {
		r := results[0]
		results = results[1:]
		return r.overview, r.err
	}}
}

func press(key string) tea.KeyPressMsg {
	if key == "ctrl+c" {
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	}
	if key == "esc" {
		return tea.KeyPressMsg{Code: tea.KeyEscape}
	}
	return tea.KeyPressMsg{Code: rune(key[0]), Text: key}
}

func TestTopModel_looksAgainAnIntervalAfterALook(t *testing.T) {
	t.Parallel()
	one, two := busy(), busy()
	two.Total.Items = 99
	m := topUnderTest(looked{overview: one}, looked{overview: two})
	if got := m.View().Content; !strings.Contains(got, "looking") {
		t.Errorf("before the first look it says %q", got)
	}
	_, wait := m.Update(m.Init()())
	if m.overview != one || m.looking {
		t.Errorf("after a look: overview %p, looking %v", m.overview, m.looking)
	}
	_, look := m.Update(wait())
	if look == nil || !m.looking {
		t.Fatal("an interval later it does not look")
	}
	m.Update(look())
	if got := m.View().Content; !strings.Contains(got, "items 99 ") {
		t.Errorf("the second look is not on the screen: %q", got)
	}
}

func TestTopModel_keepsTheLastLookWhenOneFails(t *testing.T) {
	t.Parallel()
	m := topUnderTest(looked{overview: busy()}, looked{err: errors.New("nats: timeout")}, looked{overview: busy()})
	for _, want := range []bool{false, true, false} {
		m.Update(m.begin()())
		if got := m.View().Content; strings.Contains(got, "cannot look: nats: timeout") != want || !strings.Contains(got, "entities") {
			t.Errorf("want an error: %v; the screen is %q", want, got)
		}
	}
}

func TestTopModel_rLooksAtOnceAndOnlyOnce(t *testing.T) {
	t.Parallel()
	m := topUnderTest(looked{overview: busy()}, looked{overview: busy()})
	_, wait := m.Update(m.Init()())
	_, look := m.Update(press("r"))
	if look == nil {
		t.Fatal("r does not look")
	}
	if _, again := m.Update(press("r")); again != nil {
		t.Error("a second look while one is under way")
	}
	if _, again := m.Update(wait()); again != nil {
		t.Error("the look that was due comes as well")
	}
	if _, next := m.Update(look()); next == nil {
		t.Error("no look is due after it")
	}
}

func TestTopModel_keysThatQuit(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"q", "esc", "ctrl+c"} {
		_, cmd := topUnderTest().Update(press(key))
		if cmd == nil {
			t.Errorf("%s does nothing", key)
		} else if _, ok := cmd().(tea.QuitMsg); !ok {
			t.Errorf("%s gives %T", key, cmd())
		}
	}
	if _, cmd := topUnderTest().Update(press("x")); cmd != nil {
		t.Error("x does something")
	}
}

func TestTopModel_knowsTheTerminalsSize(t *testing.T) {
	t.Parallel()
	m := topUnderTest()
	m.overview = busy()
	m.Update(tea.WindowSizeMsg{Width: 40, Height: 5})
	if n := strings.Count(m.View().Content, "\n"); n != 4 {
		t.Errorf("%d line breaks on a terminal of 5 lines", n)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1 << 20: "1.0 MiB", 5 << 40: "5.0 TiB", 1 << 63: "8192.0 PiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %s, want %s", n, got, want)
		}
	}
}
