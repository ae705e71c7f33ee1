package history

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// naming yields the lines of a message of the decision log that name an item. Reading
// the others would be most of the work.
func naming(data []byte, item string) iter.Seq2[decision, error] {
	return func(yield func(decision, error) bool) {
		if !bytes.Contains(data, []byte(item)) {
			return
		}
		for line := range bytes.SplitSeq(data, []byte{'\n'}) {
			if !bytes.Contains(line, []byte(item)) {
				continue
			}
			var d decision
			err := json.Unmarshal(line, &d)
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// Version tells the life of one version of a uri.
func (t *Historian) Version(ctx context.Context, uri string, version int) (*History, error) {
	first, ok := article.ItemOf(uri)
	if !ok {
		return nil, fmt.Errorf("%q: %w", uri, ErrNotFound)
	}
	if version <= 1 {
		return t.Item(ctx, first)
	}
	since := time.Time{}
	if from, err := t.originOf(ctx, first); err == nil {
		if since, err = t.arrived(ctx, from); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	log, err := t.decisions(ctx, since, first)
	if err != nil {
		return nil, err
	}
	for _, d := range slices.Backward(log) {
		if d.URI == uri && d.Version == version && !d.Relation.Stops() {
			return t.Item(ctx, d.Item)
		}
	}
	return nil, fmt.Errorf("%s@%d: %w", uri, version, ErrNotFound)
}

// File tells the life of every item that was made of a file's bytes, in the order in
// which they came in. Size is the file's, or negative if it is not known, which takes
// reading all of the inbox in place of its headers.
func (t *Historian) File(ctx context.Context, sum [sha256.Size]byte, size int64) ([]*History, error) {
	origins := map[origin]bool{}
	for _, lane := range []article.Lane{article.Live, article.Backfill} {
		if err := t.inInbox(ctx, lane, sum, size, origins); err != nil {
			return nil, err
		}
	}
	if err := t.inRecords(ctx, sum, origins); err != nil {
		return nil, err
	}
	if len(origins) == 0 {
		return nil, fmt.Errorf("sha256 %x: %w", sum, ErrNotFound)
	}
	mentions := map[string][]mention{}
	if err := t.collect(ctx, time.Time{}, mentions, func(_ string, o origin) bool { return origins[o] }); err != nil {
		return nil, err
	}
	opened := map[origin]bool{}
	var traces []*History
	for _, item := range slices.Sorted(maps.Keys(mentions)) {
		from := originIn(mentions[item][0].header)
		opened[from] = true
		tr, err := t.tell(ctx, item, from, mentions[item])
		if err != nil {
			return nil, err
		}
		traces = append(traces, tr)
	}
	for o := range origins {
		if opened[o] {
			continue
		}
		s, err := t.js.Stream(ctx, o.stream())
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}
		tr, err := t.tell(ctx, article.ItemID(s.CachedInfo().Created, o.seq, 0), o, nil)
		if err != nil {
			return nil, err
		}
		traces = append(traces, tr)
	}
	hexed := hex.EncodeToString(sum[:])
	for _, tr := range traces {
		if tr.Arrival.SHA256 == nil {
			tr.Arrival.SHA256 = &hexed
		}
	}
	slices.SortFunc(traces, func(a, b *History) int {
		x, y := a.Arrival, b.Arrival
		if x.Time != nil && y.Time != nil && !x.Time.Equal(*y.Time) {
			return x.Time.Compare(*y.Time)
		}
		if x.Seq != y.Seq {
			return int(x.Seq) - int(y.Seq)
		}
		return x.Index - y.Index
	})
	return traces, nil
}

// inInbox finds a file among those that an inbox keeps.
func (t *Historian) inInbox(ctx context.Context, lane article.Lane, sum [sha256.Size]byte, size int64, into map[origin]bool) error {
	o := origin{lane: lane}
	blobs, err := bus.OpenBlobs(ctx, t.js)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	var maybe []uint64
	_, err = bus.Scan(ctx, t.js, o.stream(), bus.ScanOptions{Bodies: size < 0}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if article.IsRetry(m.Subject()) {
			return nil
		}
		h, seq := m.Headers(), meta.Sequence.Stream
		switch ref := h.Get(article.HeaderBlob); {
		case ref != "":
			got, n, err := blobs.Sum(ctx, ref)
			if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) && !errors.Is(err, bus.ErrForeignRef) {
				return err
			}
			if err == nil && (size < 0 || n == size) && got == sum {
				into[origin{lane, seq}] = true
			}
		case size < 0:
			if sameFile(h, m.Data(), sum) {
				into[origin{lane, seq}] = true
			}
		case number[int64](h, "Nats-Msg-Size") >= size: // an envelope makes it longer
			maybe = append(maybe, seq)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	for _, seq := range maybe {
		m, err := t.message(ctx, o.stream(), seq)
		if err != nil {
			return err
		}
		if m != nil && sameFile(m.Header, m.Data, sum) {
			into[origin{lane, seq}] = true
		}
	}
	return nil
}

// sameFile reports whether a message of the inbox holds a file: itself, or as the
// payload of a CloudEvent.
func sameFile(h nats.Header, data []byte, sum [sha256.Size]byte) bool {
	if sha256.Sum256(data) == sum {
		return true
	}
	_, payload, err := article.ReadEvent(h, data)
	return err == nil && len(payload) != len(data) && sha256.Sum256(payload) == sum
}

// inRecords finds a file that the inbox does not keep any more in the records and the
// letters that came of it.
func (t *Historian) inRecords(ctx context.Context, sum [sha256.Size]byte, into map[origin]bool) error {
	removed := false
	for _, name := range []string{article.StreamInbox, article.StreamBackfill} {
		s, err := t.js.Stream(ctx, name)
		if err != nil {
			return fmt.Errorf("trace: %w", err)
		}
		removed = removed || s.CachedInfo().State.FirstSeq > 1 || s.CachedInfo().State.NumDeleted > 0
	}
	if !removed {
		return nil
	}
	blobs, err := bus.OpenBlobs(ctx, t.js)
	if err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	same := map[string]bool{} // by blob: many letters of one file share it
	isFile := func(m jetstream.Msg) (bool, error) {
		ref := m.Headers().Get(article.HeaderBlob)
		if ref == "" || len(m.Data()) > 0 {
			return sameFile(m.Headers(), m.Data(), sum), nil
		}
		if _, asked := same[ref]; !asked {
			got, _, err := blobs.Sum(ctx, ref)
			if err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) && !errors.Is(err, bus.ErrForeignRef) {
				return false, err
			}
			same[ref] = err == nil && got == sum
		}
		return same[ref], nil
	}
	mark := []byte(`"sha256":"` + hex.EncodeToString(sum[:]) + `"`)
	for _, name := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead} {
		_, err := bus.Scan(ctx, t.js, name, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
			is := bytes.Contains(m.Data(), mark)
			if !is && m.Subject() == article.DeadSubject(article.StageIngest) {
				var err error
				if is, err = isFile(m); err != nil {
					return err
				}
			}
			if o := originIn(m.Headers()); is && o.seq > 0 {
				into[o] = true
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("trace: %w", err)
		}
	}
	return nil
}
