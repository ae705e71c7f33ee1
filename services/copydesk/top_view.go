package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/copydesk/copydesk/pkg/overview"
	"github.com/copydesk/copydesk/pkg/view"
)

// screen is one look, to be shown.
type screen struct {
	server        string
	interval      time.Duration
	overview      *overview.Overview // nil before the first look
	err           error              // of the last look
	looks         int
	width, height int  // 0 when there is no terminal
	keys          bool // whether there is a keyboard to tell about
	zone          *time.Location
}

// tone is how a line is shown.
type tone int

const (
	plain tone = iota
	heading
	quiet
	alarm
)

var tones = [...]lipgloss.Style{
	plain:   lipgloss.NewStyle(),
	heading: lipgloss.NewStyle().Bold(true),
	quiet:   lipgloss.NewStyle().Faint(true),
	alarm:   lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red),
}

// line is a line without colours, and its tone.
type line struct {
	text string
	tone tone
}

// text is the screen without colours, whole.
func (s screen) text() string {
	var b strings.Builder
	for _, l := range s.lines() {
		b.WriteString(strings.TrimRight(l.text, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// draw is the screen with its colours, cut to the size of the terminal.
func (s screen) draw() string {
	lines := s.lines()
	if s.height > 0 && len(lines) > s.height {
		lines = lines[:s.height]
	}
	drawn := make([]string, len(lines))
	for i, l := range lines {
		style := tones[l.tone]
		if s.width > 0 {
			style = style.MaxWidth(s.width)
		}
		drawn[i] = style.Render(strings.TrimRight(l.text, " "))
	}
	return strings.Join(drawn, "\n")
}

func (s screen) lines() []line {
	head := []string{"copydesk top", view.OneLine(s.server)}
	if s.overview != nil {
		at := s.overview.Taken.Local()
		if s.zone != nil {
			at = at.In(s.zone)
		}
		head = append(head, "NATS "+view.OneLine(s.overview.Server), at.Format(time.TimeOnly))
	}
	head = append(head, "every "+s.interval.String())
	all := []line{{strings.Join(head, "  "), heading}}
	if s.err != nil {
		all = append(all, line{"cannot look: " + view.OneLine(s.err.Error()), alarm})
	}
	if s.overview != nil {
		all = append(all, line{})
		all = append(all, s.account()...)
		all = append(all, line{})
		all = append(all, s.stages()...)
		all = append(all, line{})
		all = append(all, s.streams()...)
		all = append(all, line{})
		all = append(all, s.dead()...)
	} else if s.err == nil {
		all = append(all, line{"looking …", quiet})
	}
	if s.keys {
		all = append(all, line{}, line{"q quit   r look now", quiet})
	}
	return all
}

// account is the ledger, and how long articles took.
func (s screen) account() []line {
	t := s.overview.Total
	sum := line{text: fmt.Sprintf("items %d = enriched %d + duplicate %d + dead %d + in flight %d", t.Items, t.Enriched, t.Duplicate, t.Dead, t.InFlight)}
	if t.InFlight < 0 {
		sum.text, sum.tone = sum.text+": the ledger does not balance", alarm
	}
	var lanes []string
	for _, l := range s.overview.Lanes {
		lanes = append(lanes, fmt.Sprintf("%s %d, in flight %d", l.Lane, l.Items, l.InFlight))
	}
	l := s.overview.Latency
	took := fmt.Sprintf("latency p50 %s  p95 %s  p99 %s, the newest %d", age(l.P50), age(l.P95), age(l.P99), l.Samples)
	return []line{sum, {strings.Join(lanes, "; "), plain}, {took, plain}}
}

func (s screen) stages() []line {
	rows := []string{"stage\tstream\tin/s\tout/s\twaiting\tat work\tagain\tsince\tstate"}
	toned := []tone{heading}
	for _, b := range s.overview.Stages {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s", b.Stage, b.Stream, rate(b.In), rate(b.Out), b.Pending, b.AckPending, b.Redelivered, age(b.Oldest), b.State))
		toned = append(toned, toneOf(b))
	}
	return table(rows, toned)
}

func toneOf(b overview.Stage) tone {
	switch {
	case b.State == overview.Absent && b.Pending > 0:
		return alarm
	case b.State == overview.Idle:
		return quiet
	}
	return plain
}

// nearlyFull is when a stream is shown in red: above it the stage before will soon have
// to wait, and a full inbox refuses.
const nearlyFull = 0.8

func (s screen) streams() []line {
	rows := []string{"stream\tmessages\tsize\tof\tfull"}
	toned := []tone{heading}
	for _, t := range s.overview.Streams {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s\t%.0f%%", t.Stream, t.Messages, size(t.Bytes), size(uint64(max(t.MaxBytes, 0))), 100*t.Full()))
		switch {
		case t.Full() >= nearlyFull:
			toned = append(toned, alarm)
		case t.Messages == 0:
			toned = append(toned, quiet)
		default:
			toned = append(toned, plain)
		}
	}
	return table(rows, toned)
}

func (s screen) dead() []line {
	d := s.overview.Dead
	all := []line{{fmt.Sprintf("dead letters %d: input %d, fault %d", d.Total, d.Input, d.Fault), heading}}
	if len(d.Last) == 0 {
		return all
	}
	var rows []string
	var toned []tone
	for _, l := range d.Last {
		at := l.Time.Local()
		if s.zone != nil {
			at = at.In(s.zone)
		}
		// Texts from messages were neutralised when they were read; a second time costs
		// nothing and does not depend on it.
		rows = append(rows, strings.Join([]string{at.Format(time.DateTime), view.OneLine(l.Stage), view.OneLine(l.Source), view.OneLine(l.Class), view.OneLine(l.Reason), view.OneLine(l.Error)}, "\t"))
		toned = append(toned, plain)
	}
	return append(all, table(rows, toned)...)
}

// table lines up cells with tabs between; each row keeps its tone.
func table(rows []string, toned []tone) []line {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, strings.Join(rows, "\n"))
	_ = w.Flush() // a builder takes everything
	lines := make([]line, len(rows))
	for i, text := range strings.Split(b.String(), "\n") {
		lines[i] = line{text, toned[i]}
	}
	return lines
}

func rate(r *float64) string {
	switch {
	case r == nil:
		return "-"
	case *r > 0 && *r < 9.95:
		return fmt.Sprintf("%.1f", *r)
	}
	return fmt.Sprintf("%.0f", *r)
}

func size(n uint64) string {
	const units = "KMGTP"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/(1<<10), 0
	for f >= 1<<10 && i < len(units)-1 {
		f /= 1 << 10
		i++
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}
