package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

func deadShowCommand() *cobra.Command {
	var (
		server      connection
		raw, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "show ITEM|SEQ",
		Short: "Show a dead letter: its reason, its history and its bytes",
		Long: `Show a dead letter: why it died, what became of its item, every header, and the bytes
that the stage was given. An item stands for its latest letter, a number for the letter
stored under it.

Control characters of the bytes are made visible, and of what is not text the beginning
is shown in hexadecimal. --raw writes the bytes as they are, and nothing else.`,
		Example: `  copydesk dead show k3w5q2zt7mbn4xv6pc2rhd5yla
  copydesk dead show 17 --raw > letter.html`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if raw && asJSON {
				return run.Usage(errors.New("--raw and --json exclude each other"))
			}
			f, err := (&choice{}).filter(args, time.Now())
			if err != nil {
				return err
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
				s, err := readShown(ctx, c, f)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				switch {
				case raw && s.gone != nil:
					return s.gone
				case raw:
					_, err = out.Write(s.bytes)
				case asJSON:
					err = s.json(out)
				default:
					if err = s.print(out); err == nil {
						fmt.Fprintln(cmd.ErrOrStderr(), s.next())
					}
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	server.flags(f)
	f.BoolVar(&raw, "raw", false, "write the bytes alone, unchanged")
	rename(f, "raw", "dead-raw")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// shown is one letter with all there is to know about it.
type shown struct {
	letter  deadletter.Letter
	history []deadletter.Letter // of its item, oldest first
	message *jetstream.RawStreamMsg
	bytes   []byte
	gone    error // why there are none
}

func readShown(ctx context.Context, c *client, f deadletter.Filter) (*shown, error) {
	book := deadletter.Open(c.nc, c.js)
	s := &shown{}
	var err error
	if len(f.Seqs) > 0 {
		if s.message, err = book.Message(ctx, f.Seqs[0]); err != nil {
			return nil, err
		}
		f = deadletter.Filter{Items: []string{s.message.Header.Get(article.HeaderItem)}}
	}
	if s.history, err = letters(ctx, book, f); err != nil {
		return nil, err
	}
	s.letter = s.history[len(s.history)-1]
	if s.message == nil {
		if s.message, err = book.Message(ctx, s.letter.Seq); err != nil {
			return nil, err
		}
	} else if i := slices.IndexFunc(s.history, func(l deadletter.Letter) bool { return l.Seq == s.message.Sequence }); i >= 0 {
		s.letter = s.history[i]
	}
	blobs, err := bus.OpenBlobs(ctx, c.js)
	if err != nil {
		return nil, err
	}
	s.bytes, s.gone = deadletter.Bytes(ctx, blobs, s.message)
	if s.gone != nil && !errors.Is(s.gone, deadletter.ErrGone) && !errors.Is(s.gone, bus.ErrForeignRef) {
		return nil, s.gone
	}
	return s, nil
}

func (s *shown) json(out io.Writer) error {
	d := deadOf(s.message.Subject, s.message.Header, s.message.Data)
	if s.gone == nil {
		d.SetInput(s.bytes)
	}
	b, err := d.Encode()
	if err != nil {
		return err
	}
	enc := json.NewEncoder(view.JSONWriter(out))
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Letter  deadletter.Letter   `json:"letter"`
		History []deadletter.Letter `json:"history"`
		Headers map[string][]string `json:"headers"`
		Dead    json.RawMessage     `json:"dead"`
	}{s.letter, s.history, s.message.Header, b})
}

func (s *shown) print(out io.Writer) error {
	l := s.letter
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", name, view.OneLine(fmt.Sprintf(format, args...)))
	}
	row("item", "%s", l.Item)
	row("state", "%s", stateOf(l))
	row("letter", "%d of %s, %s", l.Seq, article.StreamDead, l.Time.Local().Format(time.RFC3339))
	row("stage", "%s", l.Stage)
	row("reason", "%s (class %s)", l.Reason, l.Class)
	row("error", "%s", l.Error)
	row("attempts", "%d", l.Attempts)
	row("group", "%s", l.Group)
	if l.OriginSeq > 0 {
		row("file", "message %d of the %s inbox, from %s; article %d of %d", l.OriginSeq, l.Lane, l.Source, l.Index+1, max(l.Count, 1))
	}
	for _, h := range s.history {
		row("history", "%s  letter %d, retry %d: %s died of %s; %s", h.Time.Local().Format(time.RFC3339), h.Seq, h.Retry, h.Stage, h.Reason, stateOf(h))
	}
	for _, name := range slices.Sorted(maps.Keys(s.message.Header)) {
		row("header", "%s: %s", name, strings.Join(s.message.Header[name], ", "))
	}
	where := ""
	if ref := s.message.Header.Get(article.HeaderBlob); ref != "" && len(s.message.Data) == 0 {
		where = " in " + ref
	}
	if s.gone != nil {
		row("bytes", "%v%s", s.gone, where)
	} else {
		row("bytes", "%d%s", len(s.bytes), where)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n"+visible(s.bytes))
	return err
}

const (
	// shownText and shownBinary bound what show prints of a letter's bytes.
	shownText   = 64 << 10
	shownBinary = 1 << 10
)

// visible returns bytes in a form that a terminal only displays.
func visible(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	limit, show := shownText, func(b []byte) string {
		return strings.TrimRight(view.Terminal(strings.ToValidUTF8(string(b), "")), "\n") + "\n"
	}
	if !utf8.Valid(b) || strings.ContainsRune(string(b), 0) {
		limit, show = shownBinary, hex.Dump
	}
	if len(b) <= limit {
		return show(b)
	}
	return show(b[:limit]) + fmt.Sprintf("… and %d bytes more: --raw writes them all\n", len(b)-limit)
}

// next says what can be done about a letter.
func (s *shown) next() string {
	switch err := s.letter.Retryable(); {
	case errors.Is(err, deadletter.ErrNoItem):
		return "next: nothing; it is no item of the ledger. copydesk dead purge " + fmt.Sprint(s.letter.Seq) + " removes it"
	case err != nil:
		return "next: copydesk trace " + view.OneLine(s.letter.Item) + " tells what became of it"
	}
	return "next: copydesk dead retry " + view.OneLine(s.letter.Item) + " once the cause is mended; its group is " + s.letter.Group
}

// stateOf says what became of a letter.
func stateOf(l deadletter.Letter) string {
	if l.Until.IsZero() {
		return string(l.State)
	}
	return string(l.State) + " " + l.Until.Local().Format(time.RFC3339)
}
