package erase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// most is how many articles one erasure takes, so that it fits a message: some 300 bytes
// each. A larger one is done in parts.
const most = 2000

// selection is what was asked for, by name.
type selection struct {
	items   map[string]bool
	uris    map[string]bool
	of      map[string]string // item to uri
	origins map[desk.FilePlace]*file
	sources map[string]bool
	copies  map[string]bool // uris of what repeats them
	more    bool
	resumed desk.Erasure // the erasure under way, or the last
}

// file is one that holds something selected.
type file struct {
	count    int // its articles
	items    map[string]bool
	all      bool // selected as a whole
	unopened bool // nothing but the file was seen of it
}

func newSelection() *selection {
	return &selection{
		items: map[string]bool{}, uris: map[string]bool{}, of: map[string]string{},
		origins: map[desk.FilePlace]*file{}, sources: map[string]bool{}, copies: map[string]bool{},
	}
}

// whole reports whether a file goes with what was selected of it.
func (s *selection) whole(at desk.FilePlace, wholeFile bool) bool {
	f := s.origins[at]
	return f != nil && (f.all || wholeFile || f.count <= 1 || len(f.items) >= f.count)
}

func (s *selection) itemsOf(uri string) []string {
	list := []string{}
	for item, u := range s.of {
		if u == uri {
			list = append(list, item)
		}
	}
	slices.Sort(list)
	return list
}

// record is a message about an article, as far as a selection needs it.
type record struct {
	item, uri, source string
	origin            desk.FilePlace
	count             int
	sha256            string
	of                string
	repeats           bool
}

func (s *selection) add(r record) {
	if !s.items[r.item] && len(s.items) >= most {
		s.more = true
		return
	}
	s.items[r.item] = true
	if r.uri != "" {
		s.uris[r.uri], s.of[r.item] = true, r.uri
	}
	if r.source != "" {
		s.sources[r.source] = true
	}
	if r.origin.Seq == 0 {
		return
	}
	f := s.file(r.origin)
	f.items[r.item], f.unopened = true, false
	f.count = max(f.count, r.count)
}

func (s *selection) file(at desk.FilePlace) *file {
	if s.origins[at] == nil {
		s.origins[at] = &file{items: map[string]bool{}, unopened: true}
	}
	return s.origins[at]
}

// sel finds the articles that were asked for.
func (e *Eraser) sel(ctx context.Context, r Request) (*selection, error) {
	s := newSelection()
	item, _ := article.ItemOf(r.URI)
	uris := map[string]bool{r.URI: r.URI != ""}
	match := func(rec record) bool {
		switch {
		case r.URI != "":
			return rec.uri != "" && uris[rec.uri] || rec.item == item
		case r.SHA256 != "":
			return rec.sha256 == r.SHA256
		}
		return rec.source == r.Source
	}
	if r.URI != "" {
		// A later version has the uri of the first, and an item of its own that may have
		// been named instead.
		err := e.records(ctx, false, func(rec record) {
			if rec.item == item && rec.uri != "" {
				uris[rec.uri] = true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if err := e.records(ctx, r.SHA256 != "", func(rec record) {
		if match(rec) {
			s.add(rec)
		}
	}); err != nil {
		return nil, err
	}
	if err := e.inbox(ctx, r, s); err != nil {
		return nil, err
	}
	err := e.records(ctx, true, func(rec record) {
		if rec.repeats && s.uris[rec.of] {
			s.copies[rec.uri] = true
		}
	})
	if err != nil || !r.Copies {
		return s, err
	}
	return s, e.records(ctx, false, func(rec record) {
		if s.copies[rec.uri] {
			s.add(rec)
		}
	})
}

// records calls f with every record and dead letter there is; with bodies, it knows the
// digest of its file and what it repeats.
func (e *Eraser) records(ctx context.Context, bodies bool, f func(record)) error {
	for _, stream := range slices.Concat(hops, ends) {
		_, err := bus.Scan(ctx, e.js, stream, bus.ScanOptions{Bodies: bodies}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			h := m.Headers()
			if h.Get(article.HeaderReason) == desk.CodeErased {
				return nil
			}
			rec := record{item: h.Get(article.HeaderItem), uri: h.Get(article.HeaderEventSubject), source: h.Get(article.HeaderSource), origin: originOf(h)}
			rec.count, _ = strconv.Atoi(h.Get(article.HeaderCount))
			if rec.item == "" {
				return nil
			}
			if rec.uri == "" {
				rec.uri = article.URI(rec.item)
			}
			if !bodies {
				f(rec)
				return nil
			}
			if stream == article.StreamDead {
				rec.sha256 = sum(m.Data())
			}
			if a, err := article.Decode(m.Data()); err == nil {
				rec.sha256 = a.Input.SHA256
				if d := a.Dedupe; d != nil && d.Of != nil {
					rec.of = *d.Of
					rec.repeats = d.Relation.Stops() || d.Relation == article.Excerpt
				}
			}
			f(rec)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inbox finds files that were asked for by themselves.
func (e *Eraser) inbox(ctx context.Context, r Request, s *selection) error {
	if r.URI != "" {
		return nil
	}
	for _, lane := range []article.Lane{article.Live, article.Backfill} {
		stream, o := article.StreamInbox, bus.ScanOptions{Bodies: r.SHA256 != ""}
		if lane == article.Backfill {
			stream = article.StreamBackfill
		}
		if r.Source != "" {
			o.Subject = article.InboxSubject(lane, r.Source)
		}
		_, err := bus.Scan(ctx, e.js, stream, o, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			if r.SHA256 != "" {
				data := m.Data()
				if ref := m.Headers().Get(article.HeaderBlob); ref != "" {
					var err error
					data, err = e.blobs.Get(ctx, ref)
					if errors.Is(err, jetstream.ErrObjectNotFound) {
						return nil
					}
					if err != nil {
						return err
					}
				}
				if sum(data) != r.SHA256 {
					return nil
				}
			}
			if len(s.origins) >= most {
				s.more = true
				return nil
			}
			s.file(desk.FilePlace{Stream: stream, Seq: meta.Sequence.Stream}).all = true
			s.sources[article.SourceOf(m.Subject())] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// resume takes along what an erasure of the same target that is not done was about.
func (e *Eraser) resume(ctx context.Context, r Request, s *selection) error {
	list, err := e.erasures(ctx)
	if err != nil {
		return err
	}
	for _, er := range list {
		if er.Target != r.target() {
			continue
		}
		if er.Done != nil {
			if r.WholeFile {
				for _, at := range er.Kept {
					s.file(at).all = true // what was left then
				}
			}
			if len(s.items)+len(s.origins) == 0 && s.resumed.ID == "" {
				s.resumed = er
			}
			continue
		}
		s.resumed = er
		for _, item := range er.Items {
			s.items[item] = true
		}
		for _, uri := range er.URIs {
			s.uris[uri] = true
		}
		for _, at := range er.Origins {
			s.file(at).all = true
		}
	}
	return nil
}

// erasures reads those there are, by their time.
func (e *Eraser) erasures(ctx context.Context) ([]desk.Erasure, error) {
	w, err := e.kv.Watch(ctx, desk.ErasurePrefix+">", jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read erasures: %w", err)
	}
	defer w.Stop() //nolint:errcheck // fails only when the connection is gone
	var list []desk.Erasure
	for {
		select {
		case entry, ok := <-w.Updates():
			if !ok {
				return nil, errors.New("read erasures: the connection is gone")
			}
			if entry == nil {
				slices.SortFunc(list, func(a, b desk.Erasure) int { return a.At.Compare(b.At) })
				return list, nil
			}
			er, err := desk.ParseErasure(entry.Key(), entry.Value())
			if err != nil {
				return nil, err
			}
			list = append(list, er)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b, nil
}

// id names an erasure.
func id(r Request, at time.Time) string {
	return sum([]byte(strings.Join([]string{r.target(), at.Format(time.RFC3339Nano)}, "\n")))[:16]
}
