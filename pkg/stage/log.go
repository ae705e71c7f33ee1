package stage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
)

// A delivery's end is one line at most, and none at info when it went well. No line has
// the words of an error of the function, or of a panic: they may quote the article. The
// reason code says what kind of error it was, and the words are in the dead letter.

// logDone tells of a delivery that is done with, for those who look closely. A buried one
// has its line.
func (r *runner) logDone(d *delivery, o outcome) {
	if o == outcomeRejected || o == outcomeDeadLetter || o == outcomeFallback || !r.o.Logger.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	r.o.Logger.DebugContext(d.work.ctx(), "message done", "stage", r.o.Name, "seq", d.in.Seq, "outcome", outcomeNames[o], "attempt", d.in.Attempt, "took", d.took)
}

// logRetry tells of a delivery that failed and comes again. A panic is a mistake in the
// program, so it is told aloud.
func (r *runner) logRetry(d *delivery, f *Failure, err error) {
	level := slog.LevelDebug
	if f.Code == CodePanic {
		level = slog.LevelError
	}
	r.o.Logger.Log(d.work.ctx(), level, "message failed, trying again",
		append([]any{"stage", r.o.Name, "seq", d.in.Seq, "reason", f.Code, "attempts", f.Attempts}, panicked(err)...)...)
}

// logFallback tells of an article that goes on without the stage's part.
func (r *runner) logFallback(d *delivery, f *Failure) {
	r.o.Logger.WarnContext(d.work.ctx(), "message passed on without the stage's part",
		append([]any{"stage", r.o.Name, "seq", d.in.Seq, "reason", f.Code, "attempts", f.Attempts}, panicked(f.Err)...)...)
}

// logBuried tells of a dead letter.
func (r *runner) logBuried(d *delivery, item string, f *Failure) {
	r.o.Logger.WarnContext(d.work.ctx(), "message buried",
		append([]any{"stage", r.o.Name, "item", item, "reason", f.Code, "class", f.Class, "attempts", f.Attempts}, panicked(f.Err)...)...)
}

// panicked returns what a log line may say of a panic: where it was, and what it was if
// that is the runtime's own word.
func panicked(err error) []any {
	var p *panicError
	if !errors.As(err, &p) {
		return nil
	}
	what := fmt.Sprintf("a %T", p.value)
	if e, ok := p.value.(runtime.Error); ok {
		what = e.Error()
	}
	return []any{"panic", what, "stack", p.trace}
}
