package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// reference is what a person writes for an article: its uri or its item, and
// possibly a version.
type reference struct {
	uri     string
	item    string // of the first version
	version int    // 0 for the latest
}

// parseReference reads URI, URI@v, an item, or a CloudEvents id such as URI#v2.
func parseReference(s string) (reference, error) {
	name, version, ok := strings.Cut(strings.Replace(s, "#v", "@", 1), "@")
	var r reference
	if item, is := article.ItemOf(name); is {
		r.item = item
	} else if _, is := article.ItemOf(article.URI(name)); is {
		r.item = name
	} else {
		return r, fmt.Errorf("%q is not an article: want urn:copydesk:article:… or its last 26 characters, and possibly @version", s)
	}
	r.uri = article.URI(r.item)
	if ok {
		n, err := strconv.Atoi(strings.TrimPrefix(version, "v"))
		if err != nil || n < 1 {
			return r, fmt.Errorf("%q: version %q is not a number from 1", s, version)
		}
		r.version = n
	}
	return r, nil
}

// place is where a message about an article is stored.
type place struct {
	stream  string
	seq     uint64
	version int
	header  nats.Header
}

var errNotFound = errors.New("not found")

// furthest are the streams in which to look for an article, from the end of its way to
// the beginning.
var furthest = []string{
	article.StreamEnriched, article.StreamDuplicate, article.StreamDead,
	article.StreamTagged, article.StreamUnique, article.StreamIngested,
}

// find returns where an article got to: the message of the version asked for, on
// the stream that is furthest along. It reads the headers of whole streams.
func find(ctx context.Context, js jetstream.JetStream, r reference) (place, error) {
	for _, stream := range furthest {
		best := place{stream: stream}
		_, err := bus.Scan(ctx, js, stream, bus.ScanOptions{}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			version, ok := r.matches(m.Headers())
			if ok && version >= best.version {
				best.seq, best.version, best.header = meta.Sequence.Stream, version, m.Headers()
			}
			return nil
		})
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return best, noDesk(err)
		}
		if err != nil {
			return best, err
		}
		if best.seq > 0 {
			return best, nil
		}
	}
	return place{}, fmt.Errorf("%s: %w: it never came in, or is not kept any more", r, errNotFound)
}

// matches reports whether a message is about the article, and its version. An
// update has the uri of its first version and an item of its own; either names it.
func (r reference) matches(h nats.Header) (version int, ok bool) {
	version = 1
	if uri, v, ok := strings.Cut(h.Get(article.HeaderEventID), "#v"); ok && uri == h.Get(article.HeaderEventSubject) {
		if n, err := strconv.Atoi(v); err == nil {
			version = n
		}
	}
	if h.Get(article.HeaderEventSubject) != r.uri && h.Get(article.HeaderItem) != r.item {
		return 0, false
	}
	return version, r.version == 0 || r.version == version
}

func (r reference) String() string {
	if r.version > 0 {
		return r.uri + "@" + strconv.Itoa(r.version)
	}
	return r.uri
}

// message reads one stored message.
func message(ctx context.Context, js jetstream.JetStream, stream string, seq uint64) (*jetstream.RawStreamMsg, error) {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("read %s: message %d is not kept any more: %w", stream, seq, errNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	return m, nil
}
