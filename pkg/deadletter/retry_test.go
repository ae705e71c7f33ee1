package deadletter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/deadletter"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/ledger"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/stage"
)

// bench is a running desk whose stages can be broken and mended.
type bench struct {
	*desktest.Server
	inbox *bus.Intake
	book  *deadletter.Book
	stop  func()
	// breaker, while set, stands in front of a stage's function.
	breaker atomic.Pointer[breaker]
}

type breaker = func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error)

func start(t *testing.T, o desk.Options) *bench {
	t.Helper()
	b := &bench{Server: desktest.StartServer(t, natsembed.Options{})}
	b.run(t, o)
	pub, err := bus.NewPublisher(b.Conn, bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), b.JS)
	if err != nil {
		t.Fatal(err)
	}
	b.inbox = bus.NewIntake(pub, blobs)
	b.book = deadletter.Open(b.Conn, b.JS)
	return b
}

func (b *bench) run(t *testing.T, o desk.Options) {
	t.Helper()
	o.Dial, o.Provision, o.Logger = b.Dial, true, desktest.Logger(t)
	o.Backoff = time.Millisecond
	o.Wrap = func(name string, f stage.Func) stage.Func {
		return func(ctx context.Context, in stage.In) ([]stage.Out, error) {
			if broken := b.breaker.Load(); broken != nil {
				return (*broken)(ctx, name, f, in)
			}
			return f(ctx, in)
		}
	}
	d, err := desk.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
}

func (b *bench) breakWith(f breaker) { b.breaker.Store(&f) }
func (b *bench) mend()               { b.breaker.Store(nil) }

// breakStage has a stage reject all it gets.
func (b *bench) breakStage(broken string) {
	b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
		if name == broken {
			return nil, stage.Reject("broken", article.ClassFault, fmt.Errorf(`the model "m%d" is not there`, in.Seq))
		}
		return f(ctx, in)
	})
}

func (b *bench) drop(t *testing.T, data string) (item string) {
	t.Helper()
	ack, err := b.inbox.Put(t.Context(), bus.File{Source: "test", Lane: article.Live, Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return b.item(t, ack.Seq, 0)
}

func (b *bench) item(t *testing.T, seq uint64, index int) string {
	t.Helper()
	s, err := b.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	return article.ItemID(s.CachedInfo().Created, seq, index)
}

func (b *bench) sums(t *testing.T) ledger.Sums {
	t.Helper()
	books, err := ledger.Open(t.Context(), b.JS)
	if err == nil {
		err = books.Advance(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Total(books.Report())
}

// await waits until the ledger has these sums, which must be in balance.
func (b *bench) await(t *testing.T, want ledger.Sums) {
	t.Helper()
	var got ledger.Sums
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the ledger was last seen as %+v", got)
		}
	})
	desktest.Wait(t, fmt.Sprintf("the ledger to be %+v", want), func() bool { got = b.sums(t); return got == want })
	if got.InFlight() != 0 {
		t.Errorf("%d in flight", got.InFlight())
	}
}

func (b *bench) letters(t *testing.T, f deadletter.Filter) []deadletter.Letter {
	t.Helper()
	l, err := b.book.Letters(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// retry tries letters again and returns the errors of those that were not.
func (b *bench) retry(t *testing.T, f deadletter.Filter) (retried int, refused []error) {
	t.Helper()
	read := time.Now()
	err := b.book.Retry(t.Context(), b.letters(t, f), read, func(r deadletter.Result) {
		if r.Err != nil {
			refused = append(refused, r.Err)
		} else if !r.Already {
			retried++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return retried, refused
}

// items counts the messages of a stream by their item and retry.
func (b *bench) items(t *testing.T, stream string) map[string]int {
	t.Helper()
	got := map[string]int{}
	_, err := bus.Scan(t.Context(), b.JS, stream, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		if stream != article.StreamDead {
			desktest.ValidateRecord(t, m.Data())
		}
		got[m.Headers().Get(article.HeaderItem)+"/"+m.Headers().Get(article.HeaderRetry)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func states(letters []deadletter.Letter) []deadletter.State {
	var s []deadletter.State
	for _, l := range letters {
		s = append(s, l.State)
	}
	return s
}

// story is a story of its own for each n.
func story(n int) string {
	return fmt.Sprintf("Village %[1]d votes on its well\n\nThe council of village number %[1]d met on Monday and spoke of the %[1]dth well for %[1]d hours. "+
		"Its speaker, Mrs Number%[1]d, said that the water of well %[1]d is %[1]d degrees cold, and that house %[1]d has none of it.", 1000+37*n)
}

// feedOf is a file of several stories.
func feedOf(t *testing.T, n int) string {
	t.Helper()
	var lines strings.Builder
	for i := range n {
		title, text, _ := strings.Cut(story(i), "\n\n")
		b, err := json.Marshal(map[string]string{"title": title, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(b, '\n'))
	}
	return lines.String()
}

func TestRetry_bringsBackWhatAStageGaveUp(t *testing.T) {
	t.Parallel()
	for _, broken := range article.Stages() {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			b := start(t, desk.Options{})
			if broken == article.StageEntities || broken == article.StageSummarize {
				// These pass on what they fail at unless it is the input's fault.
				b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
					if name == broken {
						return nil, stage.Reject("broken", article.ClassInput, errors.New("no such language"))
					}
					return f(ctx, in)
				})
			} else {
				b.breakStage(broken)
			}
			item := b.drop(t, story(1))
			one := ledger.Sums{Files: 1, Opened: 1, Split: 1}
			dead, enriched := one, one
			dead.Dead, enriched.Enriched = 1, 1
			b.await(t, dead)

			// It dies again, and is one dead item still, with two letters.
			if n, refused := b.retry(t, deadletter.Filter{Stage: broken}); n != 1 || refused != nil {
				t.Fatalf("retried %d, %v; want 1", n, refused)
			}
			desktest.Wait(t, "the second letter", func() bool { return len(b.letters(t, deadletter.Filter{})) == 2 })
			b.await(t, dead)
			letters := b.letters(t, deadletter.Filter{})
			if diff := cmp.Diff([]deadletter.State{deadletter.DiedAgain, deadletter.Dead}, states(letters)); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			if letters[1].Retry != 1 || letters[1].RetryOf != letters[0].Seq || letters[1].Item != item || letters[0].Item != item {
				t.Errorf("letters %+v, want the second to be the first retry of the first", letters)
			}
			first, err := b.book.Message(t.Context(), letters[0].Seq)
			if err != nil {
				t.Fatal(err)
			}
			second, err := b.book.Message(t.Context(), letters[1].Seq)
			if err != nil || string(first.Data) != string(second.Data) || len(first.Data) == 0 {
				t.Errorf("the letters have %d and %d bytes, which are not the same (%v)", len(first.Data), len(second.Data), err)
			}

			// Mended, it comes through under its first identity.
			b.mend()
			n, refused := b.retry(t, deadletter.Filter{Items: []string{item}})
			if n != 1 || len(refused) != 1 || !errors.Is(refused[0], deadletter.ErrOnItsWay) {
				t.Fatalf("retried %d, %v; want the latest letter alone", n, refused)
			}
			b.await(t, enriched)
			if diff := cmp.Diff(map[string]int{item + "/2": 1}, b.items(t, article.StreamEnriched)); diff != "" {
				t.Errorf("enriched (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]deadletter.State{deadletter.DiedAgain, deadletter.Enriched}, states(b.letters(t, deadletter.Filter{}))); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			if n, _ := b.retry(t, deadletter.Filter{}); n != 0 {
				t.Errorf("retried %d more, want none left", n)
			}
		})
	}
}

// breakItem has ingest reject the i-th item of every file.
func (b *bench) breakItem(broken int) {
	b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
		outs, err := f(ctx, in)
		if name != article.StageIngest || err != nil {
			return outs, err
		}
		for i := range outs {
			h := outs[i].Header
			if h.Get(article.HeaderIndex) != fmt.Sprint(broken) {
				continue
			}
			for _, name := range []string{article.HeaderRetry, article.HeaderRetryOf} {
				if v := in.Header.Get(name); v != "" {
					h.Set(name, v)
				}
			}
			outs[i].Reject = &stage.RejectError{Code: "no_text", Class: article.ClassInput, Err: errors.New("line 2: no text")}
		}
		return outs, nil
	})
}

// forgetInbox removes what the inbox keeps, as the trimmer does: once it is counted.
func (b *bench) forgetInbox(t *testing.T) {
	t.Helper()
	books, err := ledger.Open(t.Context(), b.JS)
	if err == nil {
		err = books.Advance(t.Context())
	}
	if err == nil {
		err = books.Save(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.JS.Stream(t.Context(), article.StreamInbox)
	if err == nil {
		err = s.Purge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRetry_bringsBackOneArticleOfAFileAlone(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakItem(1)
	b.drop(t, feedOf(t, 3))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 2, Dead: 1})
	b.mend()
	b.forgetInbox(t)
	if n, refused := b.retry(t, deadletter.Filter{Stage: article.StageIngest}); n != 1 {
		t.Fatalf("retried %d, %v; want 1", n, refused)
	}
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 3})
	want := map[string]int{b.item(t, 1, 0) + "/": 1, b.item(t, 1, 1) + "/1": 1, b.item(t, 1, 2) + "/": 1}
	if diff := cmp.Diff(want, b.items(t, article.StreamEnriched)); diff != "" {
		t.Errorf("enriched (-want +got):\n%s", diff)
	}
}

func TestRetry_openedAtLastAFileIsAllItsArticles(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakStage(article.StageIngest)
	item := b.drop(t, feedOf(t, 3))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1})
	// Its first article cannot be read yet.
	b.breakItem(0)
	b.retry(t, deadletter.Filter{})
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 2, Dead: 1})
	letters := b.letters(t, deadletter.Filter{})
	if len(letters) != 2 || letters[1].Item != item || letters[1].Count != 3 || letters[1].State != deadletter.Dead {
		t.Fatalf("letters %+v, want one more of the first article of three", letters)
	}
	b.mend()
	b.retry(t, deadletter.Filter{})
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 3})
	want := map[string]int{item + "/2": 1, b.item(t, 1, 1) + "/": 1, b.item(t, 1, 2) + "/": 1}
	if diff := cmp.Diff(want, b.items(t, article.StreamEnriched)); diff != "" {
		t.Errorf("enriched (-want +got):\n%s", diff)
	}
}

func TestRetry_ofAFileThatComesApartDifferentlyGuessesNothing(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
		outs, err := f(ctx, in)
		if name == article.StageIngest && err == nil && len(outs) == 3 {
			for _, out := range outs {
				out.Header.Set(article.HeaderCount, "2")
			}
			outs[1].Reject = &stage.RejectError{Code: "no_text", Class: article.ClassInput, Err: errors.New("line 2: no text")}
			outs = outs[:2]
		}
		return outs, err
	})
	b.drop(t, feedOf(t, 3))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 2, Enriched: 1, Dead: 1})
	b.mend()
	b.retry(t, deadletter.Filter{})
	desktest.Wait(t, "the second letter", func() bool { return len(b.letters(t, deadletter.Filter{})) == 2 })
	if l := b.letters(t, deadletter.Filter{})[1]; l.Reason != desk.CodeSplit || l.State != deadletter.Dead || l.Item != b.item(t, 1, 1) {
		t.Errorf("the letter is %+v, want %s", l, desk.CodeSplit)
	}
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 2, Enriched: 1, Dead: 1})
}

func TestRetry_cannotBeForged(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakStage(article.StageIngest)
	item := b.drop(t, story(1))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1})
	b.mend()
	letter := b.letters(t, deadletter.Filter{})[0]
	forge := func(subject, data string, change map[string]string) {
		t.Helper()
		m := nats.NewMsg(subject)
		m.Data = []byte(data)
		stored, err := b.book.Message(t.Context(), letter.Seq)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range article.OwnHeaders() {
			if v := stored.Header.Get(name); v != "" {
				m.Header.Set(name, v)
			}
		}
		m.Header.Set(article.HeaderRetry, "1")
		m.Header.Set(article.HeaderRetryOf, fmt.Sprint(letter.Seq))
		for k, v := range change {
			m.Header.Set(k, v)
		}
		if _, err := b.JS.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	// In the inbox those headers say nothing: it is a file like any other.
	forge("articles.inbox.test", story(2), nil)
	b.await(t, ledger.Sums{Files: 2, Opened: 2, Split: 2, Dead: 1, Enriched: 1})
	if diff := cmp.Diff(map[string]int{b.item(t, 2, 0) + "/": 1}, b.items(t, article.StreamEnriched)); diff != "" {
		t.Errorf("enriched (-want +got):\n%s", diff)
	}
	// A dead letter of such a file is its own, too.
	forge("articles.inbox.test", "\x7fELF\x00", nil)
	b.await(t, ledger.Sums{Files: 3, Opened: 3, Split: 3, Dead: 2, Enriched: 1})

	// On the subject of retries the letter decides.
	order := article.RetrySubject(article.Live, "test")
	forge(order, story(3), nil)
	forge(order, story(1), map[string]string{article.HeaderRetryOf: "2"})
	forge(order, story(1), map[string]string{article.HeaderRetryOf: "99"})
	forge(order, story(1), map[string]string{article.HeaderRetryOf: "none"})
	forge(order, story(1), map[string]string{article.HeaderItem: b.item(t, 2, 0)})
	forge(order, story(1), map[string]string{article.HeaderRetry: "7"})
	forge(order, story(1), map[string]string{article.HeaderCount: "2"})
	forge(article.RetrySubject(article.Live, "other"), story(1), nil)
	forge(article.RetrySubject(article.Backfill, "test"), story(1), nil)
	desktest.Wait(t, "all of them to be taken", func() bool {
		for _, stream := range []string{article.StreamInbox, article.StreamBackfill} {
			c, err := b.JS.Consumer(t.Context(), stream, article.StageIngest)
			if err != nil {
				t.Fatal(err)
			}
			if i := c.CachedInfo(); i.NumPending+uint64(i.NumAckPending) > 0 {
				return false
			}
		}
		return true
	})
	if got, want := b.sums(t), (ledger.Sums{Files: 3, Opened: 3, Split: 3, Dead: 2, Enriched: 1}); got != want {
		t.Errorf("the ledger is %+v, want %+v", got, want)
	}
	if n := len(b.letters(t, deadletter.Filter{})); n != 2 {
		t.Errorf("%d letters, want 2", n)
	}
	// The real one still works.
	if n, refused := b.retry(t, deadletter.Filter{Items: []string{item}}); n != 1 {
		t.Fatalf("retried %d, %v; want 1", n, refused)
	}
	b.await(t, ledger.Sums{Files: 3, Opened: 3, Split: 3, Dead: 1, Enriched: 2})
}

func TestRetry_twiceAtOnceDoublesNothing(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakStage(article.StageDedupe)
	const n = 30
	b.drop(t, feedOf(t, n))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: n, Dead: n})
	b.mend()
	var (
		group   sync.WaitGroup
		retried atomic.Int64
	)
	read, letters := time.Now(), b.letters(t, deadletter.Filter{})
	for range 3 {
		group.Go(func() {
			err := b.book.Retry(t.Context(), letters, read, func(r deadletter.Result) {
				if r.Err == nil && !r.Already {
					retried.Add(1)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if retried.Load() != n {
		t.Errorf("%d retries of %d letters", retried.Load(), n)
	}
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: n, Enriched: n})
	for id, times := range b.items(t, article.StreamEnriched) {
		if times != 1 {
			t.Errorf("%s is published %d times", id, times)
		}
	}
}

func TestRetry_longAfterItWasReadLooksAgain(t *testing.T) {
	t.Parallel()
	// The server forgets ids at once.
	b := start(t, desk.Options{Settings: bus.Settings{DuplicateWindow: 100 * time.Millisecond}})
	b.breakStage(article.StageDedupe)
	item := b.drop(t, story(1))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1})
	b.mend()
	stale := b.letters(t, deadletter.Filter{})
	b.retry(t, deadletter.Filter{})
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Enriched: 1})
	var got []error
	err := b.book.Retry(t.Context(), stale, time.Now().Add(-time.Minute), func(r deadletter.Result) { got = append(got, r.Err) })
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !errors.Is(got[0], deadletter.ErrOnItsWay) {
		t.Errorf("the second retry ended with %v, want %v", got, deadletter.ErrOnItsWay)
	}
	if diff := cmp.Diff(map[string]int{item + "/1": 1}, b.items(t, article.StreamIngested)); len(b.items(t, article.StreamIngested)) != 2 {
		t.Errorf("ingested holds more than the item and its one retry (-want +got):\n%s", diff)
	}
}

// The worker dies between the publishing of a retry's outputs and its end.
func TestRetry_survivesACrash(t *testing.T) {
	t.Parallel()
	settings := bus.Settings{AckWait: 500 * time.Millisecond}
	b := start(t, desk.Options{Settings: settings})
	b.breakStage(article.StageIngest)
	item := b.drop(t, feedOf(t, 3))
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1})
	b.stop()
	b.mend()
	b.retry(t, deadletter.Filter{})
	// What a worker did that published the first article and died: the message's other
	// items are not out, and its delivery was not acknowledged.
	c, err := b.JS.Consumer(t.Context(), article.StreamInbox, article.StageIngest)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(1)
	if err != nil {
		t.Fatal(err)
	}
	taken := <-batch.Messages()
	if taken == nil || !article.IsRetry(taken.Subject()) {
		t.Fatalf("took %v, want the retry", taken)
	}
	lost := make(chan struct{})
	b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
		outs, err := f(ctx, in)
		if name == article.StageIngest && article.IsRetry(in.Subject) {
			select {
			case <-lost:
			default:
				close(lost)
				m := &nats.Msg{Subject: outs[0].Subject, Header: nats.Header{}, Data: outs[0].Data}
				for k, v := range outs[0].Header {
					m.Header[k] = v
				}
				m.Header.Set(article.HeaderRetry, "1")
				m.Header.Set(nats.MsgIdHdr, article.Delivery{Retry: 1}.MessageID(article.StageIngest, outs[0].Item))
				if _, err := b.JS.PublishMsg(ctx, m); err != nil {
					return nil, err
				}
				return nil, errors.New("died here")
			}
		}
		return outs, err
	})
	b.run(t, desk.Options{Settings: settings})
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 3, Enriched: 3})
	want := map[string]int{item + "/1": 1, b.item(t, 1, 1) + "/": 1, b.item(t, 1, 2) + "/": 1}
	if diff := cmp.Diff(want, b.items(t, article.StreamEnriched)); diff != "" {
		t.Errorf("enriched (-want +got):\n%s", diff)
	}
}

func TestPurge_leavesTheLedgerAsItIs(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakStage(article.StageDedupe)
	b.drop(t, story(1))
	kept := b.drop(t, story(2))
	dead := ledger.Sums{Files: 2, Opened: 2, Split: 2, Dead: 2}
	b.await(t, dead)
	var purged int
	purge := func() {
		var letters []deadletter.Letter
		for _, l := range b.letters(t, deadletter.Filter{}) {
			if l.Item != kept {
				letters = append(letters, l)
			}
		}
		err := b.book.Purge(t.Context(), letters, func(_ deadletter.Letter, err error) {
			if err == nil {
				purged++
			} else if !errors.Is(err, deadletter.ErrNeeded) {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	desktest.Wait(t, "dedupe to have confirmed its input", func() bool { purge(); return purged == 1 })
	if l := b.letters(t, deadletter.Filter{}); len(l) != 1 || l[0].Item != kept {
		t.Errorf("letters %+v, want the one that was not chosen", l)
	}
	if got := b.sums(t); got != dead {
		t.Errorf("the ledger is %+v, want %+v", got, dead)
	}
	// On its way again a letter is needed.
	b.mend()
	b.stop()
	b.retry(t, deadletter.Filter{})
	err := b.book.Purge(t.Context(), b.letters(t, deadletter.Filter{}), func(_ deadletter.Letter, err error) {
		if !errors.Is(err, deadletter.ErrNeeded) {
			t.Errorf("a letter whose item is on its way is removed: %v", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLetters_ofStrangersAreNotRetried(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	if _, err := b.JS.Publish(t.Context(), article.SubjectUnique, []byte("garbage")); err != nil {
		t.Fatal(err)
	}
	desktest.Wait(t, "its letter", func() bool { return len(b.letters(t, deadletter.Filter{})) == 1 })
	if n, refused := b.retry(t, deadletter.Filter{}); n != 0 || len(refused) != 1 || !errors.Is(refused[0], deadletter.ErrNoItem) {
		t.Errorf("retried %d, %v; want %v", n, refused, deadletter.ErrNoItem)
	}
}

// Two articles of a large file share one copy of its bytes in the blob bucket, and so do
// their retries.
func TestRetry_ofLettersThatReferToABlob(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakWith(func(ctx context.Context, name string, f stage.Func, in stage.In) ([]stage.Out, error) {
		outs, err := f(ctx, in)
		if name == article.StageIngest && err == nil {
			for i := range outs {
				outs[i].Reject = &stage.RejectError{Code: "no_text", Class: article.ClassInput, Err: fmt.Errorf("line %d: no text", i+1)}
			}
		}
		return outs, err
	})
	const n = 3
	feed := feedOf(t, n) + strings.Repeat(" ", bus.MaxInline/2)
	b.drop(t, feed)
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: n, Dead: n})
	b.forgetInbox(t)
	letters := b.letters(t, deadletter.Filter{})
	for _, l := range letters {
		if l.Blob == "" || l.Blob != letters[0].Blob {
			t.Errorf("letter %d refers to %q, the first to %q", l.Seq, l.Blob, letters[0].Blob)
		}
		blobs, err := bus.OpenBlobs(t.Context(), b.JS)
		if err != nil {
			t.Fatal(err)
		}
		m, err := b.book.Message(t.Context(), l.Seq)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := deadletter.Bytes(t.Context(), blobs, m); err != nil || string(data) != feed {
			t.Errorf("letter %d is about %d of %d bytes, %v", l.Seq, len(data), len(feed), err)
		}
	}
	if groups := deadletter.Groups(letters); len(groups) != 1 || groups[0].Letters != n || groups[0].States[deadletter.Dead] != n {
		t.Errorf("groups %+v, want one of %d", groups, n)
	}
	b.mend()
	if tried, refused := b.retry(t, deadletter.Filter{Group: letters[0].Group[:4]}); tried != n {
		t.Fatalf("retried %d, %v", tried, refused)
	}
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: n, Enriched: n})
}

// A retried article of old material stays old, and keeps the time at which it came.
func TestRetry_keepsLaneAndTimeOfArrival(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.breakStage(article.StageIngest)
	ack, err := b.inbox.Put(t.Context(), bus.File{Source: "old", Lane: article.Backfill, Data: []byte(story(1)), Header: nats.Header{article.HeaderRef: {"7"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Dead: 1})
	s, err := b.JS.Stream(t.Context(), article.StreamBackfill)
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.GetMsg(t.Context(), ack.Seq)
	if err != nil {
		t.Fatal(err)
	}
	b.mend()
	b.retry(t, deadletter.Filter{Source: "old"})
	b.await(t, ledger.Sums{Files: 1, Opened: 1, Split: 1, Enriched: 1})
	_, err = bus.Scan(t.Context(), b.JS, article.StreamEnriched, bus.ScanOptions{Bodies: true}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) error {
		a, err := article.Decode(m.Data())
		if err != nil {
			return err
		}
		if a.Lane != article.Backfill || a.Source.Name != "old" || !a.Received.Equal(file.Time) || a.Input.Seq != ack.Seq || a.Input.Ref == nil || *a.Input.Ref != "7" {
			t.Errorf("lane %s, source %s, received %s, seq %d, ref %v; want those of the first arrival at %s", a.Lane, a.Source.Name, a.Received, a.Input.Seq, a.Input.Ref, file.Time)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
