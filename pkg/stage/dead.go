package stage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// withheld are the headers that may say what is in a file.
var withheld = []string{
	article.HeaderBlob, article.HeaderFilename, article.HeaderContentLocation, article.HeaderRef, article.HeaderPublished,
}

// maxErrorHeader keeps a dead letter's error readable in a listing.
const maxErrorHeader = 1024

// deadLetter returns the message that buries an item: the input's bytes unchanged,
// under its identity, with the reason.
func deadLetter(stage string, in In, identity nats.Header, f *Failure) *nats.Msg {
	h := nats.Header{}
	for k, v := range identity {
		if !strings.HasPrefix(k, "Nats-") {
			h[k] = v
		}
	}
	if h.Get(article.HeaderItem) == "" {
		// A stranger's message. It needs an identity of its own, or the server would
		// take every such letter for a copy of the first.
		h.Set(article.HeaderItem, article.ItemID(in.Created, in.Seq, 0))
	}
	h.Set(article.HeaderReason, f.Code)
	h.Set(article.HeaderClass, string(f.Class))
	h.Set(article.HeaderError, headerText(f.Err.Error()))
	h.Set(article.HeaderAttempts, strconv.Itoa(f.Attempts))
	h.Set(article.HeaderOriginStream, in.Stream)
	h.Set(article.HeaderOriginSubject, in.Subject)
	if f.Stack != "" {
		h.Set(article.HeaderStack, f.Stack)
	}
	h.Set(nats.MsgIdHdr, deliveryOf(h).MessageID(stage, h.Get(article.HeaderItem)))
	m := &nats.Msg{Subject: article.DeadSubject(stage), Header: h, Data: in.Data}
	if f.Withhold {
		m.Data = nil
		for _, hint := range withheld {
			h.Del(hint)
		}
	}
	return m
}

// headerText makes an error fit a header: one line, no control characters.
func headerText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > maxErrorHeader {
		s = strings.ToValidUTF8(s[:maxErrorHeader], "") + "…"
	}
	return s
}

// headerRoom is what a message's headers may take of the server's largest message.
const headerRoom = 8 << 10

// errBlob says that a payload could not be stored beside the messages.
var errBlob = errors.New("no room beside the messages")

// fit moves a payload to the blob bucket that no longer fits beside its headers. The raw
// file that many dead letters of one delivery would carry is stored once, and each letter
// refers to it: a feed of 900 KiB with a hundred broken entries would fill a tenth of a
// gigabyte of the dead letters otherwise. A blob outlives the letters by bus.Provision's
// choice of its age.
func (r *runner) fit(ctx context.Context, d *delivery, m *nats.Msg) error {
	shared := d.letters > 1 && d.letters*len(d.in.Data) > bus.MaxInline && m.Subject == article.DeadSubject(r.o.Name)
	if r.o.Blobs == nil || len(m.Data) == 0 || !shared && int64(len(m.Data)) < r.nc.MaxPayload()-headerRoom {
		return nil
	}
	ref := d.raw
	if ref == "" || !shared {
		var err error
		if ref, err = r.o.Blobs.Put(ctx, m.Data); err != nil {
			return fmt.Errorf("%w: %w", errBlob, err)
		}
	}
	if shared {
		d.raw = ref
	}
	m.Header.Set(article.HeaderBlob, ref)
	m.Data = nil
	return nil
}
