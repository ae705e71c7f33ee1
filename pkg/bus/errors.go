package bus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

var (
	// ErrNoAck means that the server's answer to a publish did not come: the
	// message may be stored or not. Publishing again under the same id is safe
	// within the server's duplicate window; beyond it, look first.
	ErrNoAck = errors.New("no publish acknowledgement")

	// ErrInProcess is an ErrNoAck: the server says that it is storing a message with the
	// same id just now.
	ErrInProcess = fmt.Errorf("%w: a message with this id is being stored", ErrNoAck)

	// ErrFull means that the stream or the server has no room. Nothing was stored.
	ErrFull = errors.New("stream is full")

	// ErrDisk means that the server's disk takes no writes just now. It ends by itself
	// once the disk has room.
	ErrDisk = errors.New("the server's disk takes no writes")

	// ErrConflict means that the stream's last sequence was not the expected one.
	ErrConflict = errors.New("wrong last sequence")

	// ErrClosed means that the publisher was closed before the answer came.
	ErrClosed = errors.New("publisher is closed")

	// ErrForeignRef means that a blob reference does not point into the blob bucket.
	ErrForeignRef = errors.New("not a reference into " + BucketBlobs)

	// ErrTooLarge means that a file is over MaxFile. It was not stored.
	ErrTooLarge = errors.New("file is too large")
)

// Server error codes that a caller acts on (nats-server errors.json).
const (
	codeInsufficientResources = 10023
	codeStorageExceeded       = 10047
	codeWrongLastSequence     = 10071
	codeWrongLastSequence2    = 10164 // the same, later in an atomic batch
	codeStoreFailed           = 10077
	codeBatchDuplicate        = 10201
	codeClusterNotAvailable   = 10008
	codeNotLeader             = 10009
	codeDuplicateInProcess    = 10158
)

// publishError turns the server's refusal of a publish into an error that
// matches ErrFull, ErrConflict or ErrNoAck where it is one. A cluster that has no
// leader just now, or is still agreeing on a message with the same id, has refused
// nothing: the message is stored already or can be soon.
func publishError(e *jetstream.APIError) error {
	switch {
	case e.ErrorCode == codeInsufficientResources, e.ErrorCode == codeStorageExceeded,
		e.ErrorCode == codeStoreFailed && strings.Contains(e.Description, "maximum"):
		return fmt.Errorf("%w: %w", ErrFull, e)
	case e.ErrorCode == codeWrongLastSequence, e.ErrorCode == codeWrongLastSequence2:
		return fmt.Errorf("%w: %w", ErrConflict, e)
	case e.ErrorCode == codeDuplicateInProcess:
		return fmt.Errorf("%w: %w", ErrInProcess, e)
	case e.ErrorCode == codeClusterNotAvailable, e.ErrorCode == codeNotLeader:
		return fmt.Errorf("%w: %w", ErrNoAck, e)
	}
	return e
}
