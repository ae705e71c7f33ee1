package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// Why a letter is not tried again.
var (
	// ErrOnItsWay: the item is being tried again already, or came through.
	ErrOnItsWay = errors.New("tried again already")
	// ErrNoItem: the letter is a stranger's message or a replay's, which is no item of
	// the ledger.
	ErrNoItem = errors.New("not an item that came in through the inbox")
	// ErrNoStage: the letter is of a stage that this version does not know.
	ErrNoStage = errors.New("no stage takes it")
	// ErrGone: the letter or the bytes it refers to are not kept any more.
	ErrGone = errors.New("not kept any more")
)

// Retryable returns why a letter cannot be tried again, or nil.
func (l *Letter) Retryable() error {
	switch {
	case l.Run != "", l.OriginSeq == 0, l.Item == "":
		return ErrNoItem
	case l.State != Dead:
		return fmt.Errorf("%w: it is %s", ErrOnItsWay, l.State)
	case l.Target() == "":
		return fmt.Errorf("%w: %s", ErrNoStage, l.Stage)
	}
	return nil
}

// Target is the subject on which a letter's stage takes it again, or "".
func (l *Letter) Target() string {
	if l.Stage == article.StageIngest {
		if article.CheckSource(l.Source) != nil {
			return ""
		}
		return article.RetrySubject(l.Lane, l.Source)
	}
	for _, c := range bus.NewTopology(bus.Settings{}).Inputs(l.Stage) {
		return c.Filter
	}
	return ""
}

// Result is what became of the attempt to try one letter again.
type Result struct {
	Letter Letter
	// Retry is the number this retry has, Subject where it was published.
	Retry   int
	Subject string
	// Already means that somebody else tried the same letter at the same time.
	Already bool
	Err     error
}

// clockSlack is how far this machine's clock may be ahead of the server's, which stamps
// messages.
const clockSlack = time.Minute

// resends is how often a retry is published again when no answer came, as a drop is.
const resends = 6

// Retry publishes letters again, one after the other, and calls done with each result.
// What became of the letters must have been read by Letters; if that was so long ago
// that the server may have forgotten who else tried them since, it is read again. So two
// who retry the same letters at the same time retry them once.
//
// It returns an error when going on is no use; a letter that cannot be retried is no
// such error, its Result has it.
func (b *Book) Retry(ctx context.Context, letters []Letter, read time.Time, done func(Result)) error {
	pub, err := bus.NewPublisher(b.nc, bus.PublisherOptions{})
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	defer pub.Close()
	blobs, err := bus.OpenBlobs(ctx, b.js)
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	fresh, err := b.freshness(ctx, letters)
	if err != nil {
		return err
	}
	state, err := bus.OpenState(ctx, b.js)
	if err == nil {
		err = state.MarkRetried(ctx, time.Now().Add(-clockSlack))
	}
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	letters = slices.Clone(letters)
	for i := range letters {
		if time.Since(read) > fresh {
			now := time.Now()
			for j := range letters[i:] {
				letters[i+j].State = Dead
			}
			if err := b.settle(ctx, letters[i:]); err != nil {
				return err
			}
			read = now
		}
		r := Result{Letter: letters[i], Retry: letters[i].Retry + 1}
		if r.Err = letters[i].Retryable(); r.Err == nil {
			r.Subject = r.Letter.Target()
			r.Already, r.Err = b.retry(ctx, pub, blobs, &letters[i])
		}
		done(r)
		if errors.Is(r.Err, bus.ErrFull) || errors.Is(r.Err, bus.ErrNoAck) || ctx.Err() != nil {
			return fmt.Errorf("retry letter %d: %w", r.Letter.Seq, r.Err)
		}
	}
	return nil
}

// freshness is how old knowledge of what became of letters may be when they are tried
// again: a quarter of the time for which the server recognises the message of another
// retry, which leaves room for the resends.
func (b *Book) freshness(ctx context.Context, letters []Letter) (time.Duration, error) {
	window := time.Hour
	asked := map[string]bool{}
	for i := range letters {
		name := bus.StreamOf(letters[i].Target())
		if name == "" || asked[name] {
			continue
		}
		asked[name] = true
		s, err := b.js.Stream(ctx, name)
		if err != nil {
			return 0, fmt.Errorf("retry: %w", err)
		}
		window = min(window, s.CachedInfo().Config.Duplicates)
	}
	return window / 4, nil
}

func (b *Book) retry(ctx context.Context, pub *bus.Publisher, blobs *bus.Blobs, l *Letter) (already bool, err error) {
	stored, err := b.Message(ctx, l.Seq)
	if err != nil {
		return false, err
	}
	m, err := order(l, stored)
	if err != nil {
		return false, err
	}
	if l.Stage == article.StageIngest {
		if m.Header.Get(article.HeaderReceived) == "" {
			m.Header.Set(article.HeaderReceived, b.received(ctx, l).UTC().Format(time.RFC3339Nano))
		}
	} else if ref := m.Header.Get(article.HeaderBlob); ref != "" && len(m.Data) == 0 {
		// It was a message once, and is one again: a stage reads records from messages.
		if m.Data, err = Bytes(ctx, blobs, stored); err != nil {
			return false, err
		}
		delete(m.Header, article.HeaderBlob)
	}
	for try := 0; ; try++ {
		ack, err := pub.PublishWait(ctx, m)
		if !errors.Is(err, bus.ErrNoAck) || try == resends || ctx.Err() != nil || errors.Is(b.nc.LastError(), nats.ErrPermissionViolation) {
			return ack.Duplicate && try == 0, err
		}
	}
}

// ofDeath are headers that a retry does not take over from its letter.
var ofDeath = []string{
	article.HeaderReason, article.HeaderClass, article.HeaderError, article.HeaderAttempts,
	article.HeaderOriginStream, article.HeaderOriginSubject, article.HeaderStack, article.HeaderAdded,
}

// order makes the message that has a letter tried again. Its id is the one that the
// stage before would give the item in this retry.
func order(l *Letter, stored *jetstream.RawStreamMsg) (*nats.Msg, error) {
	now := LetterOf(stored.Subject, stored.Header, stored.Sequence, stored.Time)
	if now.Item != l.Item || now.Retry != l.Retry {
		return nil, fmt.Errorf("letter %d: %w: another is in its place", l.Seq, ErrGone)
	}
	m := nats.NewMsg(l.Target())
	m.Data = stored.Data
	for k, v := range stored.Header {
		if !strings.HasPrefix(k, "Nats-") && !slices.Contains(ofDeath, k) {
			m.Header[k] = v
		}
	}
	m.Header.Set(article.HeaderRetry, strconv.Itoa(l.Retry+1))
	m.Header.Set(article.HeaderRetryOf, strconv.FormatUint(l.Seq, 10))
	before := "drop"
	if stages := article.Stages(); l.Stage != stages[0] {
		before = stages[slices.Index(stages, l.Stage)-1]
	}
	m.Header.Set(nats.MsgIdHdr, article.Delivery{Retry: l.Retry + 1}.MessageID(before, l.Item))
	return m, nil
}

// received is when the inbox stored the file of a letter that does not say so itself:
// the inbox knows for as long as it keeps the file, and a file dies soon after it came.
func (b *Book) received(ctx context.Context, l *Letter) time.Time {
	name := article.StreamInbox
	if l.Lane == article.Backfill {
		name = article.StreamBackfill
	}
	s, err := b.js.Stream(ctx, name)
	if err != nil {
		return l.Time
	}
	m, err := s.GetMsg(ctx, l.OriginSeq)
	if err != nil || m.Time.After(l.Time) {
		return l.Time
	}
	return m.Time
}

// Message returns the letter that is stored under a sequence, as it is stored. One that
// is not there is ErrGone.
func (b *Book) Message(ctx context.Context, seq uint64) (*jetstream.RawStreamMsg, error) {
	s, err := b.js.Stream(ctx, article.StreamDead)
	if err != nil {
		return nil, fmt.Errorf("read letter %d: %w", seq, err)
	}
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, fmt.Errorf("letter %d: %w", seq, ErrGone)
	}
	if err != nil {
		return nil, fmt.Errorf("read letter %d: %w", seq, err)
	}
	return m, nil
}

// Bytes returns the bytes that a letter is about, from the blob bucket if it refers
// there. Bytes that are gone are ErrGone.
func Bytes(ctx context.Context, blobs *bus.Blobs, m *jetstream.RawStreamMsg) ([]byte, error) {
	ref := m.Header.Get(article.HeaderBlob)
	if ref == "" || len(m.Data) > 0 {
		return m.Data, nil
	}
	data, err := blobs.Get(ctx, ref)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fmt.Errorf("the bytes of letter %d: %w", m.Sequence, ErrGone)
	}
	return data, err
}
