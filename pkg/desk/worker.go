package desk

import (
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/bus"
)

// Worker is a process that runs stages against a NATS that is there: its flags, and
// the desk they describe.
type Worker struct {
	url, token, creds string
	profile           string
	replicas          int
	store             float64
	duplicateWindow   time.Duration
	ackWait           time.Duration
	provision         bool
}

// NewWorker declares a worker's flags.
func NewWorker(f *flag.FlagSet) *Worker {
	w := &Worker{}
	f.StringVar(&w.url, "nats-url", nats.DefaultURL, "NATS `server`, or several with commas between")
	f.StringVar(&w.token, "nats-token", "", "`token` for the NATS server")
	f.StringVar(&w.creds, "nats-creds", "", "credentials `file` for the NATS server")
	f.BoolVar(&w.provision, "provision", true, "declare streams and consumers first; off where the worker may not")
	f.StringVar(&w.profile, "profile", string(bus.Fast), "fast, or durable on servers that sync always")
	f.IntVar(&w.replicas, "replicas", 1, "copies of every stream")
	f.Float64Var(&w.store, "store", 10, "most that all streams together may hold, in `GiB`")
	f.DurationVar(&w.duplicateWindow, "duplicate-window", 10*time.Minute, "how long the server recognises a repeated message id")
	f.DurationVar(&w.ackWait, "ack-wait", 30*time.Second, "how long the server waits for a sign of life from a worker")
	return w
}

// Desk returns the desk with these stages.
func (w *Worker) Desk(log *slog.Logger, reg prometheus.Registerer, version string, stages ...string) (*Desk, error) {
	if p := bus.Profile(w.profile); p != bus.Fast && p != bus.Durable {
		return nil, fmt.Errorf("profile %q: want fast or durable", w.profile)
	}
	var extra []nats.Option
	if w.token != "" {
		extra = append(extra, nats.Token(w.token))
	}
	if w.creds != "" {
		extra = append(extra, nats.UserCredentials(w.creds))
	}
	return New(Options{
		Dial: bus.Dial(w.url, log, extra...), Stages: stages, Provision: w.provision,
		Settings: bus.Settings{
			Profile: bus.Profile(w.profile), Replicas: w.replicas, Store: int64(w.store * (1 << 30)),
			DuplicateWindow: w.duplicateWindow, AckWait: w.ackWait,
		},
		Version: version, Logger: log, Registerer: reg,
	})
}
