package bus

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
)

// NotAllowedError is an act that the server refused to this user.
type NotAllowedError struct {
	// Act is what was to be done: "open bucket copydesk_state".
	Act string
	// Subject is the one that the user may not publish to, or subscribe to.
	Subject   string
	Subscribe bool
	cause     error
}

// Error implements error.
func (e *NotAllowedError) Error() string {
	may := "publish to"
	if e.Subscribe {
		may = "subscribe to"
	}
	return fmt.Sprintf("not allowed to %s: this user may not %s %s", e.Act, may, e.Subject)
}

// Unwrap returns what the client saw: most often a timeout.
func (e *NotAllowedError) Unwrap() error { return e.cause }

// violation reads the server's complaint.
var violation = regexp.MustCompile(`(?i)permissions violation for (publish|subscription) to "([^"]+)"`)

// Explain makes an error of a connection a NotAllowedError if it is one. A server answers
// a request that is not allowed by a complaint on the connection and leaves the requester
// to wait, so that it looks like a server that is slow. An error that is no timeout, and
// one on a connection without a complaint, are returned as they are.
func Explain(nc *nats.Conn, err error) error {
	var known *NotAllowedError
	if err == nil || errors.As(err, &known) || !waited(err) {
		return err
	}
	m := violation.FindStringSubmatch(lastError(nc))
	if m == nil {
		return err
	}
	return &NotAllowedError{Act: act(err), Subject: m[2], Subscribe: strings.EqualFold(m[1], "subscription"), cause: err}
}

func lastError(nc *nats.Conn) string {
	if err := nc.LastError(); err != nil {
		return err.Error()
	}
	return ""
}

// refused reports whether the server has complained of publishing to a subject.
func refused(nc *nats.Conn, subject string) bool {
	m := violation.FindStringSubmatch(lastError(nc))
	return m != nil && m[2] == subject
}

// waited reports errors of those who waited for an answer in vain.
func waited(err error) bool {
	return errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNoAck) ||
		errors.Is(err, nats.ErrPermissionViolation)
}

// act is what an error says was tried, without what became of it: the innermost cause,
// that nothing came in time, explains nothing.
func act(err error) string {
	cause := err
	for next := errors.Unwrap(cause); next != nil; next = errors.Unwrap(cause) {
		cause = next
	}
	if act, _, ok := strings.Cut(err.Error(), ": "+cause.Error()); ok {
		return act
	}
	return "do this"
}
