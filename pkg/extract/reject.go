package extract

import "fmt"

// Codes of Reject: the closed list of reasons why a file gives no article.
const (
	// CodeTooLarge: the file is over Limits.Raw.
	CodeTooLarge = "too_large"
	// CodeUnsupported: the bytes are of a format that is not read.
	CodeUnsupported = "unsupported"
	// CodeNoText: the format is read, but there is no prose in the file.
	CodeNoText = "no_text"
)

// Classes of Reject. Input is the sender's to mend, a fault is ours.
const (
	ClassInput = "input"
	ClassFault = "fault"
)

// Reject says why a file gives no article and what to do about it. The same
// bytes are always rejected again, so a caller need not retry.
type Reject struct {
	Code  string
	Class string
	Err   error
}

// Error implements error.
func (r *Reject) Error() string { return r.Code + ": " + r.Err.Error() }

// Unwrap gives the cause.
func (r *Reject) Unwrap() error { return r.Err }

// refuse makes a Reject for which the sender's bytes are the reason.
func refuse(code, format string, args ...any) *Reject {
	return &Reject{Code: code, Class: ClassInput, Err: fmt.Errorf(format, args...)}
}
