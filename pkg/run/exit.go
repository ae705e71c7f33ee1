package run

import "errors"

// Exit codes of every copydesk process. They are part of its contract.
const (
	ExitOK      = 0   // done, or stopped when asked to
	ExitFailure = 1   // it did not work
	ExitUsage   = 2   // it was asked wrongly: flags, arguments, configuration
	ExitKilled  = 130 // a second signal cut the shutdown short
)

// Usage marks err as the caller's mistake.
func Usage(err error) error { return Exit(ExitUsage, err) }

// Exit gives err an exit code of its own.
func Exit(code int, err error) error { return &exitError{code, err} }

type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// ExitCode returns the exit code for the error that ended a process.
func ExitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &e):
		return e.code
	}
	return ExitFailure
}
