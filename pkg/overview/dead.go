package overview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/view"
)

// Dead counts the dead letters that are kept.
type Dead struct {
	Total int64 `json:"total"`
	Input int64 `json:"input"` // nobody could process the bytes
	Fault int64 `json:"fault"` // copydesk or something it depends on failed
	// Last are the newest, the newest first.
	Last []Letter `json:"last"`
}

// Letter is what is told of a dead letter: never its content.
type Letter struct {
	Time   time.Time `json:"time"`
	Seq    uint64    `json:"seq"` // on ARTICLES_DEAD
	Stage  string    `json:"stage"`
	Source string    `json:"source"`
	Class  string    `json:"class"`
	Reason string    `json:"reason"`
	Error  string    `json:"error"`
}

// lastLetters is how many are told of.
const lastLetters = 8

// maxWord and maxError bound what is taken from a message, in characters.
const maxWord, maxError = 64, 240

// graves are the dead letters seen so far. Only new ones are read, and all anew when
// some were removed.
type graves struct {
	created           time.Time
	next              uint64
	all, input, fault int64
	last              []Letter
}

func (g *graves) look(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.Stream(ctx, article.StreamDead)
	if err != nil {
		return fmt.Errorf("look at %s: %w", article.StreamDead, err)
	}
	if created := stream.CachedInfo().Created; !created.Equal(g.created) {
		*g = graves{created: created}
	}
	if err := g.read(ctx, js); err != nil {
		return err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at %s: %w", article.StreamDead, err)
	}
	if g.all <= int64(info.State.Msgs) {
		return nil
	}
	// More were counted than are kept: the trimmer or a purge removed some.
	*g = graves{created: g.created}
	return g.read(ctx, js)
}

func (g *graves) read(ctx context.Context, js jetstream.JetStream) error {
	next, err := bus.Scan(ctx, js, article.StreamDead, bus.ScanOptions{From: g.next}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		g.all++
		h := m.Headers()
		class := h.Get(article.HeaderClass)
		switch article.Class(class) {
		case article.ClassInput:
			g.input++
		case article.ClassFault:
			g.fault++
		}
		g.last = append(g.last, Letter{
			Time: meta.Timestamp, Seq: meta.Sequence.Stream,
			Stage:  word(strings.TrimPrefix(m.Subject(), article.DeadSubject(""))),
			Source: word(h.Get(article.HeaderSource)),
			Class:  word(class),
			Reason: word(h.Get(article.HeaderReason)),
			Error:  cut(view.OneLine(h.Get(article.HeaderError)), maxError),
		})
		if len(g.last) > 2*lastLetters {
			g.last = slices.Delete(g.last, 0, len(g.last)-lastLetters)
		}
		return nil
	})
	if err != nil {
		return err
	}
	g.next = next
	return nil
}

func (g *graves) report() Dead {
	last := slices.Clone(g.last[max(len(g.last)-lastLetters, 0):])
	slices.Reverse(last)
	return Dead{Total: g.all, Input: g.input, Fault: g.fault, Last: append([]Letter{}, last...)}
}

// word is a short text from a message, fit for a terminal.
func word(s string) string { return cut(view.OneLine(s), maxWord) }

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
