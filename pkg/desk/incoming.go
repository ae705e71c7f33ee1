package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/stage"
)

// Reason codes of retries.
const (
	CodeSplit = "split_differs" // a retried file does not come apart as it did before
	CodeInbox = "inbox_is_new"  // the inbox was made anew since a file came
)

// isInbox reports whether anyone may publish to a subject of the inbox streams.
func isInbox(subject string) bool { return !article.IsRetry(subject) }

// incoming is a file as it came in. A retry of one that ingest buried stands for its
// first arrival: the items keep the identity that they got then.
//
// What a retry brings back is one item, unless the letter stood for a whole file that
// could not be opened. Such a file counts as one item so far; the first of its articles
// takes that one's place, and the others are fresh.
type incoming struct {
	stage.In // with the subject, sequence and time of the first arrival
	retry    bool
	buried   string // the item of the retried letter
	index    int    // its place in its file, 0 for a whole file
	count    int    // items of the file as far as known, 1 for a whole file
}

// incoming reads a message of an inbox.
func (c *courier) incoming(in stage.In) incoming {
	if c.shadow != nil {
		return incoming{In: c.shadow.arrival(in), count: 1}
	}
	a := incoming{In: in, retry: article.IsRetry(in.Subject), count: 1}
	if !a.retry {
		return a
	}
	a.Subject = article.InboxSubject(laneOf(in.Stream), article.SourceOf(in.Subject))
	a.buried = in.Header.Get(article.HeaderItem)
	a.In.Seq, _ = strconv.ParseUint(in.Header.Get(article.HeaderOriginSeq), 10, 64) // checkRetry compares what counts
	a.index, _ = strconv.Atoi(in.Header.Get(article.HeaderIndex))
	if n, err := strconv.Atoi(in.Header.Get(article.HeaderCount)); err == nil && n > 0 {
		a.count = n
	}
	if at, err := time.Parse(time.RFC3339Nano, in.Header.Get(article.HeaderReceived)); err == nil {
		a.Stored = at
	}
	return a
}

// whole reports whether the arrival is of all items of its file.
func (a *incoming) whole() bool { return !a.retry || a.count == 1 }

// has reports whether the i-th item of the file is one of this arrival's.
func (a *incoming) has(i int) bool { return a.whole() || i == a.index }

// fresh reports whether the i-th item has not come out of this file before, not even
// dead, although the arrival is a retry.
func (a *incoming) fresh(i int) bool { return a.retry && i != a.index }

// item returns the identity of the i-th item.
func (a *incoming) item(i int) string {
	if a.retry && i == a.index {
		return a.buried
	}
	return article.ItemID(a.Created, a.In.Seq, i)
}

// headers are the identity of the i-th of n items, beside what the sender said.
func (a *incoming) headers(i, n int) nats.Header {
	h := make(nats.Header, len(a.Header)+8)
	maps.Copy(h, a.Header)
	identityHeaders(h, &article.Article{
		Item: a.item(i), Lane: laneOf(a.Stream), Source: article.Source{Name: article.SourceOf(a.Subject)},
		Input: article.Input{Seq: a.In.Seq, Index: i, Count: n},
	})
	h.Set(article.HeaderReceived, a.Stored.UTC().Format(time.RFC3339Nano))
	a.mark(h, i, n)
	return h
}

// mark tells the ledger what a retry changes in its count: the item that stood for the
// whole file says how many there are beside it, and those are nobody's retry.
func (a *incoming) mark(h nats.Header, i, n int) {
	switch {
	case a.fresh(i):
		delete(h, article.HeaderRetry)
		delete(h, article.HeaderRetryOf)
	case a.retry && a.whole() && n > 1:
		h.Set(article.HeaderAdded, strconv.Itoa(n-1))
	}
}

// checkSplit reports why a retried file that now gives n items cannot be matched with
// what it gave before.
func (a *incoming) checkSplit(n int) error {
	if !a.whole() && n != a.count {
		return stage.Reject(CodeSplit, article.ClassFault, fmt.Errorf(
			"the file has %d articles now and had %d when its article %d died, so which one that is cannot be told; drop the file again", n, a.count, a.index+1))
	}
	if a.whole() && n > 1 && article.ItemID(a.Created, a.In.Seq, a.index) != a.buried {
		return stage.Reject(CodeInbox, article.ClassFault, errors.New(
			"the inbox was made anew since the file came, so its articles' identities are lost; drop the file again"))
	}
	return nil
}

// errNoRetry says that a message asks for a retry that it may not have.
var errNoRetry = errors.New("not a retry")

// checkRetry compares a retry with the dead letter that it names. Only one that brings
// back that letter's bytes, as the same item, for the next time, is one: whoever may
// write to the subject can have a letter tried again, and nothing else.
func (p *post) checkRetry(ctx context.Context, in stage.In) error {
	seq, err := strconv.ParseUint(in.Header.Get(article.HeaderRetryOf), 10, 64)
	if err != nil || seq == 0 {
		return fmt.Errorf("%w: it does not say of what", errNoRetry)
	}
	letter, err := bus.ReadAt(ctx, p.nc, article.StreamDead, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("%w: %w", errNoRetry, err)
	}
	if err != nil {
		return err
	}
	if s := letter.Header.Get(jetstream.SubjectHeader); s != article.DeadSubject(article.StageIngest) {
		return fmt.Errorf("%w: letter %d is on %s", errNoRetry, seq, s)
	}
	for _, name := range []string{
		article.HeaderItem, article.HeaderOriginSeq, article.HeaderIndex, article.HeaderCount,
		article.HeaderLane, article.HeaderSource, article.HeaderBlob,
	} {
		if got, want := in.Header.Get(name), letter.Header.Get(name); got != want {
			return fmt.Errorf("%w: %s is %q and the letter's %q", errNoRetry, name, got, want)
		}
	}
	before, _ := strconv.Atoi(letter.Header.Get(article.HeaderRetry)) // absent is 0
	switch {
	case in.Header.Get(article.HeaderOriginSeq) == "":
		return fmt.Errorf("%w: the letter is of no file", errNoRetry)
	case in.Subject != article.RetrySubject(article.Lane(letter.Header.Get(article.HeaderLane)), letter.Header.Get(article.HeaderSource)):
		return fmt.Errorf("%w: the letter is not of %s", errNoRetry, in.Subject)
	case in.Header.Get(article.HeaderRetry) != strconv.Itoa(before+1):
		return fmt.Errorf("%w: it is retry %s, the letter's next is %d", errNoRetry, in.Header.Get(article.HeaderRetry), before+1)
	case !bytes.Equal(in.Data, letter.Data):
		return fmt.Errorf("%w: its bytes are not the letter's", errNoRetry)
	case in.Header.Get(article.HeaderRun) != "":
		return fmt.Errorf("%w: it is a replay's", errNoRetry)
	}
	return nil
}
