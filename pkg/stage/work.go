package stage

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
)

const (
	// suspectAfter deliveries that ended without a word, a message is suspected of
	// killing the process, and is worked on alone among its like.
	suspectAfter = 4
	// maxStarts of a suspect that each ended without a word convict it.
	maxStarts = 3
	// fullRetry is the pause when the stream after this stage has no room.
	fullRetry = 250 * time.Millisecond
	// storeRetry is the pause when the server cannot be asked what is published.
	storeRetry = time.Second
)

// startWorker starts one of the workers.
func (r *runner) startWorker() { r.startOn(r.work, r.behind, r.process) }

// startAdmittedWorker starts one of the workers for messages that must be admitted: the
// others never wait for that.
func (r *runner) startAdmittedWorker() { r.startOn(r.admitted, nil, r.processAdmitted) }

// startSuspectWorker starts the one worker for messages that may kill the process.
// Before each it writes down that it starts, so that the count survives the death
// and the innocent ones that were buffered beside it are not counted.
func (r *runner) startSuspectWorker() { r.startOn(r.suspects, nil, r.interrogate) }

// startOn starts a worker that works on a queue, and on another while that is empty,
// until the stage ends, or until one call hung so long that abandon has replaced the
// worker.
func (r *runner) startOn(queue, behind <-chan *delivery, work func(*delivery) bool) {
	r.workers.Add(1)
	go func() {
		for {
			var d *delivery
			select {
			case d = <-queue:
			default:
				select {
				case <-r.quit:
				case d = <-queue:
				case d = <-behind:
				}
			}
			if d == nil {
				r.workers.Done()
				return
			}
			if !work(d) {
				return
			}
		}
	}()
}

// enqueue hands a delivery to the workers.
func (r *runner) enqueue(d *delivery) {
	queue := r.work
	switch {
	case d.feed.in.Admit != nil:
		queue = r.admitted
	case r.o.Yields != nil && r.o.Yields(d.in):
		queue = r.behind
	}
	select {
	case queue <- d:
	case <-r.quit:
	}
}

// processAdmitted works on a delivery once it is admitted. When the stage stops meanwhile
// it goes back, unless it has begun to publish.
func (r *runner) processAdmitted(d *delivery) bool {
	leave, err := d.feed.in.Admit(r.waits)
	if err == nil {
		d.leave = sync.OnceFunc(leave)
	} else if d.msgs == nil {
		r.giveBack(d, 0, outcomeLater)
		return true
	}
	return r.process(d)
}

// process works on a delivery and reports whether its goroutine may go on: not when
// it hung so long that another has taken its place.
func (r *runner) process(d *delivery) bool {
	if d.msgs != nil { // the function is done, publishing was not
		r.publishAgain(d)
		return true
	}
	f := d.feed
	if !r.awaitPause() {
		r.giveBack(d, 0, outcomeLater)
		return true
	}
	if d.in.Seq <= f.floor.Load() {
		r.finish(d, wordAck, outcomeDuplicate)
		return true
	}
	if since, until, doubt := f.doubt(d, r.o.DuplicateWindow); doubt {
		d.doubtful = true
		if err := r.seen.cover(r.calls, since, until); err != nil {
			r.cannotLook(d, err)
			return true
		}
		// Of an input that may split, one item that is out says nothing of the others.
		if item := d.in.Header.Get(article.HeaderItem); item != "" && r.o.Part == nil && r.seen.has(d.in.Delivery().MessageID(r.o.Name, item)) {
			r.finish(d, wordAck, outcomeDuplicate)
			return true
		}
	}
	if d.lost >= suspectAfter && r.o.State != nil {
		d.suspect = true
		r.suspects <- d
		return true
	}
	return r.call(d)
}

// interrogate works on a suspect.
func (r *runner) interrogate(d *delivery) bool {
	if !r.awaitPause() {
		r.giveBack(d, 0, outcomeLater)
		return true
	}
	starts, err := r.o.State.Starts(r.calls, r.o.Name, d.in.Stream, d.in.Seq)
	if err == nil && starts < maxStarts {
		err = r.o.State.SaveStarts(r.calls, r.o.Name, d.in.Stream, d.in.Seq, starts+1)
	}
	if err != nil {
		r.cannotLook(d, err)
		return true
	}
	alive := true
	if starts >= maxStarts {
		d.state.Store(stateSettling)
		r.giveUp(d, &Failure{
			Code: CodeCrash, Class: article.ClassFault, Attempts: d.in.Attempt,
			Err: fmt.Errorf("the process ended %d times while it worked on this message", starts),
		})
	} else if alive = r.call(d); !alive {
		return false
	}
	if err := r.o.State.ForgetStarts(r.calls, r.o.Name, d.in.Stream, d.in.Seq); err != nil {
		r.o.Logger.Debug("clear suspect", "stage", r.o.Name, "seq", d.in.Seq, "err", err)
	}
	return alive
}

// call calls the function.
func (r *runner) call(d *delivery) bool {
	ctx, cancel := context.WithCancelCause(r.traceWork(d))
	start := time.Now()
	r.m.queue.Observe(max(start.Sub(d.in.Stored), 0).Seconds())
	d.feed.begin(d, cancel, start)
	r.m.running.Inc()
	outs, err := r.invoke(ctx, d.in)
	r.m.running.Dec()
	if err != nil && context.Cause(ctx) != nil {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	cancel(nil)
	if !d.state.CompareAndSwap(stateRunning, stateSettling) {
		r.m.stuck.Set(float64(r.stuck.Add(-1)))
		return false
	}
	d.took = time.Since(start)
	observe(r.m.processing, d.took, d.work.sampled)
	r.m.in.Add(float64(len(d.in.Data)))
	r.verdict(d, outs, err)
	return true
}

// invoke calls the function and turns a panic into an error.
func (r *runner) invoke(ctx context.Context, in In) (outs []Out, err error) {
	defer func() {
		if v := recover(); v != nil {
			stack := debug.Stack()
			h := fnv.New64a()
			_, _ = h.Write(stack) // never fails
			err = &panicError{value: v, stack: strconv.FormatUint(h.Sum64(), 16), trace: string(stack)}
		}
	}()
	return r.o.Func(ctx, in)
}

// verdict decides what becomes of a delivery after the function.
func (r *runner) verdict(d *delivery, outs []Out, err error) {
	if err == nil {
		r.deliver(d, outs)
		return
	}
	var (
		later  *laterError
		reject *RejectError
	)
	switch {
	case errors.As(err, &later):
		level := slog.LevelWarn
		if r.paused.Load() > time.Now().UnixNano() {
			level = slog.LevelDebug // said already, of another of the messages in hand
		}
		r.o.Logger.Log(d.work.ctx(), level, "stage paused", "stage", r.o.Name, "seq", d.in.Seq, "for", later.delay, "err", err)
		r.pause(later.delay)
		r.giveBack(d, later.delay, outcomeLater)
	case errors.As(err, &reject):
		r.giveUp(d, failure(err, d.feed.errorsOf(d)+1))
	case errors.Is(err, errStopping):
		r.giveBack(d, 0, outcomeLater)
	default:
		f := failure(err, d.feed.errorsOf(d)+1)
		r.m.errors[f.Code].Inc()
		if f.Attempts >= r.o.Attempts {
			r.giveUp(d, f)
			return
		}
		r.logRetry(d, f, err)
		d.work.fail(f.Code)
		r.giveBack(d, r.backoff(f.Attempts), outcomeRetry)
	}
}

// backoff grows from Options.Backoff, doubled for each error before, to 64 times it,
// and is spread by a quarter so that messages that failed together come apart.
func (r *runner) backoff(attempt int) time.Duration {
	d := r.o.Backoff << min(attempt-1, 6)
	return time.Duration(float64(d) * (0.75 + 0.5*r.o.Rand()))
}

// giveUp passes a message on without the stage's part, or buries it.
func (r *runner) giveUp(d *delivery, f *Failure) {
	reject := f.Class == article.ClassInput
	if r.o.Fallback != nil && !reject {
		outs, err := r.o.Fallback(r.calls, d.in, f)
		if err == nil {
			r.logFallback(d, f)
			d.outcome = outcomeFallback
			r.publish(d, r.messages(d, outs))
			return
		}
		f = failure(fmt.Errorf("%w; passing it on: %w", f.Err, err), f.Attempts)
	}
	m := deadLetter(r.o.Name, d.in, r.o.Identify(d.in), f)
	d.outcome, d.word = outcomeDeadLetter, wordTerm(f.Code)
	if reject {
		d.outcome = outcomeRejected
	}
	// A verdict may differ from the one before a crash, and the two would go to
	// different streams, where no message id keeps them apart.
	d.doubtful = true
	if err := r.seen.cover(r.calls, d.in.Stored, time.Now()); err != nil {
		r.cannotLook(d, err)
		return
	}
	letters := r.letters(d, m, f)
	if len(letters) == 0 {
		r.finish(d, wordAck, outcomeDuplicate)
		return
	}
	d.work.fail(f.Code)
	r.logBuried(d, m.Header.Get(article.HeaderItem), f)
	r.publish(d, letters)
}

// letters returns what buries an input: the letter of the whole or, when some of its items
// are out already, one for each that is not.
func (r *runner) letters(d *delivery, whole *nats.Msg, f *Failure) []*nats.Msg {
	all := []*nats.Msg{whole}
	if n := r.seen.partsOf(whole.Header); n > 1 && r.o.Part != nil && d.in.Delivery().Run == "" {
		all = all[:0]
		for i := range n {
			if h := r.o.Part(d.in, i, n); h != nil {
				all = append(all, deadLetter(r.o.Name, d.in, h, f))
			}
		}
	}
	left := slices.DeleteFunc(all, func(m *nats.Msg) bool { return r.seen.has(m.Header.Get(nats.MsgIdHdr)) })
	d.letters, d.raw = len(left), ""
	return left
}

// cannotLook gives back a message of which it cannot be told whether it was done.
func (r *runner) cannotLook(d *delivery, err error) {
	r.m.errors["store"].Inc()
	r.o.Logger.Debug("read what was published", "stage", r.o.Name, "err", err)
	r.pause(storeRetry)
	r.giveBack(d, storeRetry, outcomeLater)
}

// finish says a delivery's last word.
func (r *runner) finish(d *delivery, word []byte, o outcome) {
	r.m.messages[o].Inc()
	r.m.lastSuccess.SetToCurrentTime()
	d.work.end(o)
	r.logDone(d, o)
	d.feed.done(d, word)
}

// giveBack returns a delivery to the server.
func (r *runner) giveBack(d *delivery, delay time.Duration, o outcome) {
	r.m.messages[o].Inc()
	r.m.naks.Inc()
	d.work.end(o)
	d.feed.giveBack(d, delay, o == outcomeRetry)
}
