package erase

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// hops and ends are the streams that hold records, order all that an erasure removes
// messages from, in the order in which it does.
var (
	hops  = []string{article.StreamIngested, article.StreamUnique, article.StreamTagged}
	ends  = []string{article.StreamEnriched, article.StreamDuplicate, article.StreamDead}
	order = slices.Concat(hops, ends, []string{article.StreamInbox, article.StreamBackfill})
)

// Plan is what there is to erase, and where.
type Plan struct {
	// Messages are the sequences, by stream. Blobs are references, Sources those of which
	// something is learnt.
	Messages map[string][]uint64
	Blobs    []string
	Sources  []string
	// Decisions are the messages of the decision log that hold a decision on the articles.
	Decisions []uint64
	// OnTheirWay are articles that have not come to an end yet.
	OnTheirWay []string
	// Kept are files that hold other articles as well, Copies articles that repeat the
	// erased ones; neither was asked for.
	Kept   []desk.FilePlace
	Copies []string
	// More says that there are more articles than one erasure takes.
	More bool

	erasure desk.Erasure
	sel     *selection
}

// URIs are the articles.
func (p *Plan) URIs() []string { return p.erasure.URIs }

// Empty reports whether there is nothing to erase.
func (p *Plan) Empty() bool {
	for _, seqs := range p.Messages {
		if len(seqs) > 0 {
			return false
		}
	}
	underWay := p.sel.resumed.ID != "" && p.sel.resumed.Done == nil
	return len(p.Blobs)+len(p.Decisions)+len(p.OnTheirWay) == 0 && !underWay
}

// plan looks for what was selected.
func (e *Eraser) plan(ctx context.Context, r Request, sel *selection) (*Plan, error) {
	p := &Plan{Messages: map[string][]uint64{}, sel: sel, More: sel.more, erasure: sel.resumed}
	files, blobs, words := map[string]bool{}, map[string]bool{}, map[string]bool{}
	opened := map[desk.FilePlace]bool{}
	ended := map[string]bool{}
	waiting := map[string]bool{}
	for _, stream := range slices.Concat(ends, hops) {
		floor, err := e.floor(ctx, stream)
		if err != nil {
			return nil, err
		}
		_, err = bus.Scan(ctx, e.js, stream, bus.ScanOptions{}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			h := m.Headers()
			item, seq := h.Get(article.HeaderItem), meta.Sequence.Stream
			at := originOf(h)
			opened[at] = opened[at] || sel.origins[at] != nil
			withFile := stream == article.StreamDead && sel.whole(at, r.WholeFile)
			if !sel.items[item] && !withFile {
				return nil
			}
			if slices.Contains(ends, stream) {
				ended[item] = true
			}
			if h.Get(article.HeaderReason) == desk.CodeErased {
				return nil // has nothing of it, and counts its end
			}
			p.Messages[stream] = append(p.Messages[stream], seq)
			if floor > 0 && seq >= floor {
				waiting[item] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, seq := range p.Messages[stream] {
			if err := e.read(ctx, stream, seq, sel, r.WholeFile, files, blobs); err != nil {
				return nil, err
			}
		}
	}
	for item := range waiting {
		if !ended[item] {
			p.OnTheirWay = append(p.OnTheirWay, item)
		}
	}
	if err := e.planFiles(ctx, r, p, opened, files, blobs); err != nil {
		return nil, err
	}
	t, err := desk.FindTraces(ctx, e.nc, sorted(sel.items))
	if err != nil {
		return nil, err
	}
	p.Decisions = t.Messages
	for _, w := range t.Words {
		words[w] = true
	}
	for ref := range blobs {
		there, err := e.blobs.Has(ctx, ref)
		if err != nil {
			return nil, err
		}
		if there {
			p.Blobs = append(p.Blobs, ref)
		}
	}
	slices.Sort(p.Blobs)
	p.Sources = sorted(sel.sources)
	for uri := range sel.copies {
		if !sel.uris[uri] {
			p.Copies = append(p.Copies, uri)
		}
	}
	slices.Sort(p.Copies)
	e.complete(r, p, files, words)
	return p, nil
}

// complete writes into the erasure what was found now beside what was known.
func (e *Eraser) complete(r Request, p *Plan, files, words map[string]bool) {
	er := &p.erasure
	if er.ID == "" {
		er.At = e.now().UTC()
		er.ID = id(r, er.At)
		er.Target, er.Reason, er.By = r.target(), r.Reason, r.By
	}
	merge := func(into *[]string, found map[string]bool) {
		for _, s := range *into {
			found[s] = true
		}
		*into = sorted(found)
	}
	merge(&er.Items, p.sel.items)
	merge(&er.URIs, p.sel.uris)
	merge(&er.Files, files)
	merge(&er.Words, words)
	er.Origins, er.Kept = []desk.FilePlace{}, []desk.FilePlace{}
	for at := range p.sel.origins {
		if p.sel.whole(at, r.WholeFile) {
			er.Origins = append(er.Origins, at)
		} else {
			er.Kept = append(er.Kept, at)
		}
	}
	slices.SortFunc(er.Origins, comparePlaces)
	slices.SortFunc(er.Kept, comparePlaces)
}

func comparePlaces(a, b desk.FilePlace) int {
	return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Seq, b.Seq))
}

// planFiles looks for the files in the inboxes.
func (e *Eraser) planFiles(ctx context.Context, r Request, p *Plan, opened map[desk.FilePlace]bool, files, blobs map[string]bool) error {
	floors := map[string]uint64{}
	for at, f := range p.sel.origins {
		m, err := bus.ReadAt(ctx, e.nc, at.Stream, at.Seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !p.sel.whole(at, r.WholeFile) {
			p.Kept = append(p.Kept, at)
			continue
		}
		p.Messages[at.Stream] = append(p.Messages[at.Stream], at.Seq)
		data, ref := m.Data, m.Header.Get(article.HeaderBlob)
		if ref != "" {
			blobs[ref] = true
			if there, err := e.blobs.Has(ctx, ref); err != nil {
				return err
			} else if there {
				if data, err = e.blobs.Get(ctx, ref); err != nil {
					return err
				}
			}
		}
		if len(data) > 0 {
			files[sum(data)] = true
		}
		if floors[at.Stream] == 0 {
			if floors[at.Stream], err = e.floor(ctx, at.Stream); err != nil {
				return err
			}
		}
		if at.Seq >= floors[at.Stream] && !opened[at] && f.unopened {
			p.OnTheirWay = append(p.OnTheirWay, fmt.Sprint("file ", at.Stream, " ", at.Seq))
		}
	}
	for _, stream := range []string{article.StreamInbox, article.StreamBackfill} {
		slices.Sort(p.Messages[stream])
	}
	slices.Sort(p.OnTheirWay)
	slices.SortFunc(p.Kept, comparePlaces)
	return nil
}

// read notes the blobs a message refers to, and the digest of its file.
func (e *Eraser) read(ctx context.Context, stream string, seq uint64, sel *selection, wholeFile bool, files, blobs map[string]bool) error {
	m, err := bus.ReadAt(ctx, e.nc, stream, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	whole := sel.whole(originOf(m.Header), wholeFile)
	if ref := m.Header.Get(article.HeaderBlob); ref != "" && whole {
		blobs[ref] = true
	}
	a, err := article.Decode(m.Data)
	if err != nil {
		return nil // a file, of which the digest is in its inbox or its receipt
	}
	if a.TextRef != nil {
		blobs[*a.TextRef] = true
	}
	if whole && a.Input.SHA256 != "" {
		files[a.Input.SHA256] = true
	}
	return nil
}

// floor is the first sequence of a stream that its stage has not acknowledged, 0 where no
// stage reads it.
func (e *Eraser) floor(ctx context.Context, stream string) (uint64, error) {
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		if c.Stream != stream {
			continue
		}
		consumer, err := e.js.Consumer(ctx, c.Stream, c.Name)
		if err != nil {
			return 0, fmt.Errorf("look at consumer %s of %s: %w", c.Name, c.Stream, err)
		}
		return consumer.CachedInfo().AckFloor.Stream + 1, nil
	}
	return 0, nil
}

// originOf is where the file of a message is.
func originOf(h nats.Header) desk.FilePlace {
	seq, err := strconv.ParseUint(h.Get(article.HeaderOriginSeq), 10, 64)
	if err != nil {
		return desk.FilePlace{}
	}
	stream := article.StreamInbox
	if article.Lane(h.Get(article.HeaderLane)) == article.Backfill {
		stream = article.StreamBackfill
	}
	return desk.FilePlace{Stream: stream, Seq: seq}
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
