package bus

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Ack is the server's word that a message is stored.
type Ack struct {
	Stream string
	Seq    uint64
	// Duplicate means that a message with the same id was stored before: success,
	// without a second copy. Seq is then the first copy's.
	Duplicate bool
}

// parseAck reads the answer to a publish.
func parseAck(m *nats.Msg) (Ack, error) {
	if len(m.Data) == 0 {
		// 503: no stream listens on the subject, or JetStream is not available just
		// now. Either way the message is not stored yet, and may be soon.
		return Ack{}, fmt.Errorf("%w: no stream answered (status %s)", ErrNoAck, m.Header.Get("Status"))
	}
	if a, ok := scanAck(m.Data); ok {
		return a, nil
	}
	var slow struct {
		Error     *jetstream.APIError `json:"error"`
		Stream    string              `json:"stream"`
		Seq       uint64              `json:"seq"`
		Duplicate bool                `json:"duplicate"`
	}
	if err := json.Unmarshal(m.Data, &slow); err != nil {
		return Ack{}, fmt.Errorf("read publish acknowledgement: %w", err)
	}
	if slow.Error != nil {
		return Ack{}, publishError(slow.Error)
	}
	return Ack{Stream: slow.Stream, Seq: slow.Seq, Duplicate: slow.Duplicate}, nil
}

var (
	ackStream = []byte(`{"stream":"`)
	ackSeq    = []byte(`","seq":`)
)

// maxDigits of a sequence fit 64 bits, whatever they are.
const maxDigits = 19

// scanAck reads the form every accepted publish has, {"stream":"S","seq":N} with an
// optional ,"duplicate":true. Anything else, such as the answer of a JetStream
// domain or to a batch, is left to encoding/json, which would cost more than the
// rest of the publish.
func scanAck(b []byte) (Ack, bool) {
	rest, ok := bytes.CutPrefix(b, ackStream)
	if !ok {
		return Ack{}, false
	}
	i := 0
	for i < len(rest) && plain(rest[i]) {
		i++
	}
	a := Ack{Stream: streamName(rest[:i])}
	if rest, ok = bytes.CutPrefix(rest[i:], ackSeq); !ok {
		return Ack{}, false
	}
	for i = 0; i < len(rest) && '0' <= rest[i] && rest[i] <= '9'; i++ {
		a.Seq = a.Seq*10 + uint64(rest[i]-'0')
	}
	if i == 0 || i > maxDigits || rest[0] == '0' && i > 1 {
		return Ack{}, false
	}
	switch string(rest[i:]) {
	case "}":
		return a, true
	case `,"duplicate":true}`, `,"duplicate": true}`:
		a.Duplicate = true
		return a, true
	}
	return Ack{}, false
}

// plain reports whether a byte stands for itself in a JSON string.
func plain(c byte) bool { return ' ' <= c && c < 0x7f && c != '"' && c != '\\' }

// streamName spares an allocation for the streams of the topology.
func streamName(b []byte) string {
	if name, ok := streamNames[string(b)]; ok {
		return name
	}
	return string(b)
}

var streamNames = func() map[string]string {
	names := map[string]string{}
	for _, row := range NewTopology(Settings{}).Streams {
		names[row.Name] = row.Name
	}
	return names
}()
