package stage

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// delivery is one message from its arrival to its acknowledgement.
type delivery struct {
	feed    *feed
	in      In
	reply   string
	arrived time.Time
	// lost is how many earlier deliveries ended without a word from this process:
	// other workers, or an earlier life of this one.
	lost int

	state atomic.Int32 // see below
	// Guarded by feed.mu.
	lastSign time.Time // of life, to the server
	started  time.Time // of the function; zero while buffered
	cancel   context.CancelCauseFunc

	// Owned by whoever moved state to settling.
	doubtful bool            // outputs may be published already: look first
	suspect  bool            // may kill the process
	msgs     []*nats.Msg     // what the function's outputs came to
	letters  int             // dead letters among them that carry the input
	raw      string          // the blob they share, once stored
	stored   []func()        // to tell once all are stored
	placed   []func(bus.Ack) // by message, to tell where it is stored; may be short
	leave    func()          // what it was admitted for last is stored
	word     []byte          // the last word once they are stored; nil means an ack
	outcome  outcome
	waiting  atomic.Int32 // messages without an answer, plus one while sending
	failed   atomic.Pointer[error]
	took     time.Duration // of the function
	sent     time.Time
	work     work // the span of all this
}

// A delivery's states. A function that hangs loses the race for settling to the
// watchdog, and whatever it returns later is ignored.
const (
	stateBuffered int32 = iota
	stateRunning
	stateSettling
	stateSettled
)

// fail notes that an output could not be published.
func (d *delivery) fail(err error) { d.failed.Store(&err) }

// Words to the server about a delivery.
var (
	wordAck      = []byte("+ACK")
	wordProgress = []byte("+WPI")
)

func wordNak(delay time.Duration) []byte {
	if delay <= 0 {
		return []byte("-NAK")
	}
	return fmt.Appendf(nil, `-NAK {"delay":%d}`, delay.Nanoseconds())
}

func wordTerm(reason string) []byte { return []byte("+TERM " + reason) }

// parsed is what a delivery's reply subject says.
type parsed struct {
	delivered int
	seq       uint64
	stored    time.Time
}

// parseReply reads the reply subject of a delivery, in both forms in use:
// $JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<nanos>.<pending> and
// $JS.ACK.<domain>.<account>.<stream>.… with further tokens after it.
func parseReply(reply string) (p parsed, ok bool) {
	const v1Tokens, v2Tokens = 9, 11
	skip := 4
	switch n := strings.Count(reply, ".") + 1; {
	case n == v1Tokens:
	case n >= v2Tokens:
		skip = 6
	default:
		return p, false
	}
	if !strings.HasPrefix(reply, "$JS.ACK.") {
		return p, false
	}
	rest := reply
	next := func() string {
		token, after, _ := strings.Cut(rest, ".")
		rest = after
		return token
	}
	for range skip {
		next()
	}
	delivered, err1 := strconv.Atoi(next())
	seq, err2 := strconv.ParseUint(next(), 10, 64)
	next()
	nanos, err3 := strconv.ParseInt(next(), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return p, false
	}
	return parsed{delivered, seq, time.Unix(0, nanos).UTC()}, true
}

// deliveryOf reads from headers what message ids are made of.
func deliveryOf(h nats.Header) article.Delivery {
	d := article.Delivery{Run: h.Get(article.HeaderRun)}
	if s := h.Get(article.HeaderRetry); s != "" {
		d.Retry, _ = strconv.Atoi(s) // an odd value is no retry
	}
	return d
}
