package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// tapOptions are the flags of tap.
type tapOptions struct {
	nats     connection
	From     string
	Count    int
	NoFollow bool
	Entity   string
	Source   string
	Format   string
}

// tapCommand is "copydesk tap": records as they are published.
func tapCommand() *cobra.Command {
	var o tapOptions
	cmd := &cobra.Command{
		Use:   "tap [SUBJECT]",
		Short: "Follow records as they are published",
		Long: `Follow records as they are published, in the order of their stream.

SUBJECT is a NATS subject, or short for one: enriched (the default), unique, tagged,
duplicate, dead, ingested, decisions. Wildcards narrow it:

  articles.enriched.de.>          what is in German
  articles.enriched.*.kill.*      what was withdrawn

--from says where to begin: now (the default), start, a time back such as 2h, a time
such as 2026-02-17T12:00:00Z, or a sequence number.

Formats: json, the record as it was published, and line, one short line. Without
--format a terminal shows lines and anything else gets JSON. Dead letters are wrapped
as copydesk.dead/1.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(slices.Sorted(keysOf(tapNames)), cobra.ShellCompDirectiveNoFileComp),
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	o.nats.flags(f)
	f.StringVar(&o.From, "from", "now", "begin `here`: start, now, 2h, a time or a sequence")
	f.IntVar(&o.Count, "count", 0, "stop after this many records")
	f.BoolVar(&o.NoFollow, "no-follow", false, "stop at the end of what is stored")
	f.StringVar(&o.Entity, "entity", "", "only records that name this entity, by its `id` such as wd:Q42")
	f.StringVar(&o.Source, "source", "", "only records of this `source`")
	rename(f, "source", "tap-source") // --source of drop is another
	f.StringVar(&o.Format, "format", "", "json or line")
	return cmd
}

// tapNames are short for subjects.
var tapNames = map[string]string{
	"ingested":  article.SubjectIngested,
	"decisions": article.SubjectDecisions,
	"unique":    article.SubjectUnique,
	"tagged":    article.SubjectTagged,
	"enriched":  "articles.enriched.>",
	"duplicate": "articles.duplicate.>",
	"dead":      "articles.dead.>",
	"erased":    article.SubjectErased,
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (o *tapOptions) run(cmd *cobra.Command, args []string) error {
	subject := "articles.enriched.>"
	if len(args) > 0 {
		subject = args[0]
	}
	if s, ok := tapNames[subject]; ok {
		subject = s
	}
	stream := bus.StreamOf(subject)
	switch stream {
	case "":
		return run.Usage(fmt.Errorf("tap %q: not a subject of copydesk; try: %s", subject, strings.Join(slices.Sorted(keysOf(tapNames)), ", ")))
	case article.StreamInbox, article.StreamBackfill:
		return run.Usage(errors.New("tap: the inbox holds files, not records; see copydesk raw"))
	}
	out, err := o.printer(cmd.OutOrStdout())
	if err != nil {
		return err
	}
	begin, err := parseFrom(o.From, time.Now())
	if err != nil {
		return run.Usage(err)
	}
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		err := follow(ctx, c.js, stream, subject, begin, o.NoFollow, func(m jetstream.Msg) (bool, error) {
			shown, err := o.show(out, m)
			if shown && o.Count > 0 {
				o.Count--
				return o.Count == 0, err
			}
			return false, err
		})
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return noDesk(err)
		}
		return err
	})
}

// parseFrom reads where to begin.
func parseFrom(from string, now time.Time) (jetstream.OrderedConsumerConfig, error) {
	var c jetstream.OrderedConsumerConfig
	at := func(t time.Time) { c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &t }
	if from == "start" {
		return c, nil
	}
	if from == "" || from == "now" {
		c.DeliverPolicy = jetstream.DeliverNewPolicy
		return c, nil
	}
	if d, err := time.ParseDuration(from); err == nil {
		at(now.Add(-d.Abs()))
		return c, nil
	}
	if t, err := time.Parse(time.RFC3339, from); err == nil {
		at(t)
		return c, nil
	}
	if seq, err := strconv.ParseUint(from, 10, 64); err == nil && seq > 0 {
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, seq
		return c, nil
	}
	return c, fmt.Errorf("from %q: want start, now, a time back such as 2h, a time such as 2026-02-17T12:00:00Z or a sequence number", from)
}

// heartbeat makes the client notice within a second that a pull was lost, where its
// default is half a minute.
const heartbeat = 500 * time.Millisecond

// follow calls f for each message on a subject, in order, until f says that it is
// done, ctx is, or, unless more may come, the end is reached.
func follow(ctx context.Context, js jetstream.JetStream, stream, subject string, from jetstream.OrderedConsumerConfig, end bool, f func(jetstream.Msg) (done bool, err error)) error {
	from.FilterSubjects = []string{subject}
	c, err := js.OrderedConsumer(ctx, stream, from)
	if err != nil {
		return fmt.Errorf("follow %s: %w", subject, err)
	}
	if end {
		info, err := c.Info(ctx)
		if err != nil {
			return fmt.Errorf("follow %s: %w", subject, err)
		}
		if info.NumPending == 0 {
			return nil
		}
	}
	messages, err := c.Messages(jetstream.PullExpiry(4*heartbeat), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return fmt.Errorf("follow %s: %w", subject, err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // it asks again by itself
		case err != nil:
			return fmt.Errorf("follow %s: %w", subject, err)
		}
		done, err := f(m)
		if err != nil || done {
			return err
		}
		if end {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("follow %s: %w", subject, err)
			}
			if meta.NumPending == 0 {
				return nil
			}
		}
	}
}

// show prints a message if it is one that was asked for.
func (o *tapOptions) show(out printer, m jetstream.Msg) (bool, error) {
	switch bus.StreamOf(m.Subject()) {
	case article.StreamDead:
		d := deadOf(m.Subject(), m.Headers(), m.Data())
		if o.Entity != "" || o.Source != "" && d.Source != o.Source {
			return false, nil
		}
		return true, out.dead(d)
	case article.StreamDecisions, article.StreamErased:
		if o.Entity != "" || o.Source != "" {
			return false, nil
		}
		return true, out.raw(m.Data())
	}
	a, err := article.Decode(m.Data())
	if err != nil {
		return false, fmt.Errorf("read %s: %w", m.Subject(), err)
	}
	if o.Source != "" && a.Source.Name != o.Source || o.Entity != "" && !names(a, o.Entity) {
		return false, nil
	}
	return true, out.record(a, m.Data())
}

// names reports whether a record names an entity.
func names(a *article.Article, id string) bool {
	return slices.ContainsFunc(a.Entities, func(e article.Entity) bool {
		return e.ID == id || e.Wikidata != nil && *e.Wikidata == id
	})
}

// printer prints records in a format.
type printer struct {
	w        io.Writer
	line     bool
	terminal bool
	options  view.LineOptions
}

func (o *tapOptions) printer(w io.Writer) (printer, error) {
	p := printer{w: w, terminal: isTerminal(w), options: view.LineOptions{Zone: time.Local}}
	switch o.Format {
	case "":
		p.line = p.terminal
	case "line":
		p.line = true
	case "json":
	default:
		return p, run.Usage(fmt.Errorf("format %q: want json or line", o.Format))
	}
	return p, nil
}

func (p printer) record(a *article.Article, data []byte) error {
	if p.line {
		return p.print(view.Line(a, p.options))
	}
	return p.raw(data)
}

func (p printer) dead(d *article.Dead) error {
	if p.line {
		return p.print(view.DeadLine(d, p.options))
	}
	b, err := d.Encode()
	if err != nil {
		return err
	}
	return p.raw(b)
}

// raw prints JSON: byte by byte, but to a terminal with escapes for what it acts on.
func (p printer) raw(b []byte) error {
	s := string(b)
	if p.terminal || p.line {
		s = strings.ReplaceAll(view.JSON(s), "\n", " ")
	}
	return p.print(s)
}

func (p printer) print(s string) error {
	_, err := fmt.Fprintln(p.w, s)
	return err
}
