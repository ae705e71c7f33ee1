package bus

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestParseAck(t *testing.T) {
	t.Parallel()
	var refused *jetstream.APIError
	for _, c := range []struct {
		name, data string
		want       Ack
		ok         func(error) bool
	}{
		{"stored", `{"stream":"ARTICLES_INBOX","seq":7}`, Ack{Stream: "ARTICLES_INBOX", Seq: 7}, nil},
		{"a duplicate", `{"stream":"S","seq":7,"duplicate":true}`, Ack{Stream: "S", Seq: 7, Duplicate: true}, nil},
		{"of a domain", `{"stream":"S","domain":"hub","seq":7}`, Ack{Stream: "S", Seq: 7}, nil},
		{"of a batch", `{"stream":"S","seq":7,"batch":"x","count":3}`, Ack{Stream: "S", Seq: 7}, nil},
		{"no stream", ``, Ack{}, func(err error) bool { return errors.Is(err, ErrNoAck) }},
		{"full", `{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"},"stream":"S","seq":0}`, Ack{}, func(err error) bool { return errors.Is(err, ErrFull) }},
		{"no room on the server", `{"error":{"code":500,"err_code":10047,"description":"insufficient storage"}}`, Ack{}, func(err error) bool { return errors.Is(err, ErrFull) }},
		{"the first of its id is being stored", `{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"}}`, Ack{}, func(err error) bool { return errors.Is(err, ErrNoAck) }},
		{"a cluster without a leader", `{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`, Ack{}, func(err error) bool { return errors.Is(err, ErrNoAck) }},
		{"wrong fence", `{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"}}`, Ack{}, func(err error) bool { return errors.Is(err, ErrConflict) }},
		{"another refusal", `{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}`, Ack{}, func(err error) bool {
			return errors.As(err, &refused) && !errors.Is(err, ErrFull) && !errors.Is(err, ErrConflict)
		}},
		{"garbage", `+OK`, Ack{}, func(err error) bool { return err != nil }},
	} {
		got, err := parseAck(&nats.Msg{Data: []byte(c.data)})
		if c.ok == nil && err != nil || c.ok != nil && !c.ok(err) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// The usual form must not fall back to encoding/json unnoticed.
func TestScanAck_knowsTheUsualForm(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"stream":"ARTICLES_INBOX","seq":9999999999999999999}`, `{"stream":"S","seq":7,"duplicate": true}`} {
		if _, ok := scanAck([]byte(data)); !ok {
			t.Errorf("%s is left to encoding/json", data)
		}
	}
}

func FuzzScanAck(f *testing.F) {
	for _, s := range []string{
		`{"stream":"ARTICLES_INBOX","seq":12}`, `{"stream":"S","seq":1,"duplicate":true}`, `{"stream":"S","seq":1,"duplicate": true} `,
		`{"stream":"S","seq":01}`, `{"stream":"S","seq":99999999999999999999}`, `{"stream":"a","x":"b","seq":1}`, "{\"stream\":\"\x01\",\"seq\":1}",
		`{"stream":"S","seq":}`, `{"stream":"\u0041","seq":1}`, "{\"stream\":\"\xff\",\"seq\":1}", `{"stream":"S","seq":1}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, ok := scanAck(b)
		if !ok {
			return
		}
		var want Ack
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("%q: scanned as %+v, but %v", b, got, err)
		}
		if got != want {
			t.Fatalf("%q: scanned as %+v, want %+v", b, got, want)
		}
	})
}
