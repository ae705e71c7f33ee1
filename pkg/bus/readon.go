package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// readOnBatch is how many messages one request of ReadOn asks for.
	readOnBatch = 500
	// readOnSilence is how long ReadOn waits for the next message of an answer.
	readOnSilence = 5 * time.Second
)

// Stored is a message of a stream.
type Stored struct {
	Seq    uint64
	Time   time.Time
	Header nats.Header
	Data   []byte
}

// ReadOn calls fn for the messages a stream holds under a subject from a sequence
// on, in order, and returns the sequence to read on from. Unlike Scan it creates no
// consumer: with nothing new it costs one small request, so a log can be followed by
// asking a few times a second.
//
// Any server that has the stream may answer, also one that lags: what is not read yet
// is not known to be absent. See Gap.
func ReadOn(ctx context.Context, nc *nats.Conn, stream, subject string, from uint64, fn func(Stored) error) (next uint64, err error) {
	sub, err := nc.SubscribeSync(nc.NewInbox())
	if err != nil {
		return from, fmt.Errorf("read %s: %w", stream, err)
	}
	defer sub.Unsubscribe() //nolint:errcheck // fails only when the connection is closed
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return from, fmt.Errorf("read %s: %w", stream, err)
	}
	next = max(from, 1)
	for {
		request := fmt.Sprintf(`{"seq":%d,"next_by_subj":%q,"batch":%d}`, next, subject, readOnBatch)
		if err := nc.PublishRequest("$JS.API.DIRECT.GET."+stream, sub.Subject, []byte(request)); err != nil {
			return next, fmt.Errorf("read %s: %w", stream, err)
		}
		more := false
		for !more {
			m, err := nextWithin(ctx, sub, readOnSilence)
			if err != nil {
				return next, fmt.Errorf("read %s from %d: %w", stream, next, err)
			}
			switch status := m.Header.Get("Status"); status {
			case "":
			case "404": // nothing from here on
				return next, nil
			case "204": // end of this answer
				if m.Header.Get("Nats-Num-Pending") == "0" {
					return next, nil
				}
				more = true
				continue
			default:
				return next, fmt.Errorf("read %s from %d: %s %s", stream, next, status, m.Header.Get("Description"))
			}
			s := Stored{Header: m.Header, Data: m.Data}
			if s.Seq, err = strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64); err != nil {
				return next, fmt.Errorf("read %s from %d: message without its sequence: %w", stream, next, err)
			}
			if s.Time, err = time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer)); err != nil {
				return next, fmt.Errorf("read %s from %d: message without its time: %w", stream, next, err)
			}
			if err := fn(s); err != nil {
				return next, err
			}
			next = s.Seq + 1
		}
	}
}

func nextWithin(ctx context.Context, sub *nats.Subscription, d time.Duration) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return sub.NextMsgWithContext(ctx)
}

// Gap returns the first sequence from which a stream's leader holds a message under
// a subject, or the one after its last if it holds none: where ReadOn, which found
// nothing at from, may go on. A result of from means that the server it asked lags.
func Gap(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, stream, subject string, from uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, readOnSilence)
	defer cancel()
	// The end first: what is stored after this look lies behind it.
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return from, fmt.Errorf("look at %s: %w", stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	if last+1 <= from {
		return last + 1, nil
	}
	m, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, fmt.Appendf(nil, `{"seq":%d,"next_by_subj":%q}`, from, subject))
	if err != nil {
		return from, fmt.Errorf("look at %s: %w", stream, err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Seq uint64 `json:"seq"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return from, fmt.Errorf("look at %s: %w", stream, err)
	}
	switch {
	case answer.Error == nil:
		return min(answer.Message.Seq, last+1), nil
	case answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return last + 1, nil
	}
	return from, fmt.Errorf("look at %s: %w", stream, answer.Error)
}

// ReadAt returns one message of a stream; one that is not there is
// jetstream.ErrMsgNotFound. Any server that has the stream may answer; that a message is
// not there only the leader's word is taken for.
func ReadAt(ctx context.Context, nc *nats.Conn, stream string, seq uint64) (Stored, error) {
	ctx, cancel := context.WithTimeout(ctx, readOnSilence)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+stream, fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, err)
	}
	switch status := m.Header.Get("Status"); status {
	case "":
	case "404":
		return readAtLeader(ctx, nc, stream, seq)
	default:
		return Stored{}, fmt.Errorf("read %s at %d: %s %s", stream, seq, status, m.Header.Get("Description"))
	}
	at, err := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return Stored{}, errors.Join(fmt.Errorf("read %s at %d: message without its time", stream, seq), err)
	}
	return Stored{Seq: seq, Time: at, Header: m.Header, Data: m.Data}, nil
}

func readAtLeader(ctx context.Context, nc *nats.Conn, stream string, seq uint64) (Stored, error) {
	m, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, fmt.Appendf(nil, `{"seq":%d}`, seq))
	if err != nil {
		return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Header []byte    `json:"hdrs"`
			Data   []byte    `json:"data"`
			Time   time.Time `json:"time"`
		} `json:"message"`
	}
	err = json.Unmarshal(m.Data, &answer)
	switch {
	case err != nil:
		return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, err)
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, jetstream.ErrMsgNotFound)
	case answer.Error != nil:
		return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, answer.Error)
	}
	s := Stored{Seq: seq, Time: answer.Message.Time, Data: answer.Message.Data}
	if len(answer.Message.Header) > 0 {
		if s.Header, err = nats.DecodeHeadersMsg(answer.Message.Header); err != nil {
			return Stored{}, fmt.Errorf("read %s at %d: %w", stream, seq, err)
		}
	}
	return s, nil
}
