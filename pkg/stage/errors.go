package stage

import (
	"errors"
	"fmt"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// RejectError is a verdict: the message is to be buried under a reason code.
type RejectError struct {
	Code  string // from the stage's closed list, such as "too_large"
	Class article.Class
	Err   error // what happened and what the sender can do
	// Withhold leaves the input's bytes, and what the sender said about them, out of the
	// dead letter.
	Withhold bool
}

func (e *RejectError) Error() string { return e.Code + ": " + e.Err.Error() }
func (e *RejectError) Unwrap() error { return e.Err }

// Reject returns the verdict that buries a message at once.
func Reject(code string, class article.Class, err error) error {
	return &RejectError{Code: code, Class: class, Err: err}
}

// laterError says that the message is not to blame.
type laterError struct {
	err   error
	delay time.Duration
}

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// Later says that something the stage needs is broken: the stage pauses for d and
// tries the message again, which costs it no attempt.
func Later(err error, d time.Duration) error { return &laterError{err, d} }

// Reason codes of the runner itself. All are of class fault.
const (
	CodeError   = "error"   // the function returned errors
	CodePanic   = "panic"   // the function panicked
	CodeTimeout = "timeout" // the function outlived its deadline
	CodeCrash   = "crash"   // the process died whenever it was worked on
)

// Failure is why a message is given up.
type Failure struct {
	Code     string
	Class    article.Class
	Err      error
	Attempts int
	Stack    string // hash of a panic's stack, or empty
	Withhold bool   // see RejectError
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s after %d attempts: %v", f.Code, f.Attempts, f.Err)
}
func (f *Failure) Unwrap() error { return f.Err }

// panicError is a panic of the function, as an error.
type panicError struct {
	value any
	stack string // hash
	trace string // the stack itself
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

var (
	errDeadline = errors.New("the stage's function outlived its deadline")
	errStopping = errors.New("the stage is stopping")
)

// failure describes the last error of a message.
func failure(err error, attempts int) *Failure {
	f := &Failure{Code: CodeError, Class: article.ClassFault, Err: err, Attempts: attempts}
	var (
		reject *RejectError
		panics *panicError
	)
	switch {
	case errors.As(err, &reject):
		f.Code, f.Class, f.Err, f.Withhold = reject.Code, reject.Class, reject.Err, reject.Withhold
	case errors.As(err, &panics):
		f.Code, f.Stack = CodePanic, panics.stack
	case errors.Is(err, errDeadline):
		f.Code = CodeTimeout
	}
	return f
}
