package desk

import (
	"flag"
	"fmt"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// SettingsFlags declares the flags of every command that runs stages: how the streams
// are laid out. They must be the same for every process on one server.
func SettingsFlags(f *flag.FlagSet, s *bus.Settings) {
	f.Var(&profileValue{&s.Profile}, "profile", "durability: `fast`, or durable to survive a power cut too")
	f.IntVar(&s.Replicas, "replicas", 1, "copies of each stream in a cluster")
	f.Int64Var(&s.Store, "store", 10<<30, "cap on all streams together, in `bytes`")
	f.DurationVar(&s.DuplicateWindow, "duplicate-window", 0, "how long the server recognises a repeated message id (default 10m)")
	f.DurationVar(&s.AckWait, "ack-wait", 0, "how long the server waits for a sign of life from a worker (default 30s, dedupe 5s)")
	f.DurationVar(&s.InboxAge, "keep-inbox", 0, "how long finished files are kept (default 168h)")
	f.DurationVar(&s.HopAge, "keep-hops", 0, "how long finished messages between stages are kept (default 24h)")
	f.DurationVar(&s.DedupeWindow, "dedupe-window", 0, "how long an article is remembered to find its copies (default 72h)")
	f.DurationVar(&s.OutputAge, "keep-output", 0, "how long records are kept (default 720h)")
	f.Var((*sourcesValue)(&s.Sources), "own-bucket", "`source` whose sender has a bucket of its own, or several with commas between (see copydesk secure)")
}

// profileValue is a flag for a bus.Profile.
type profileValue struct{ p *bus.Profile }

// String implements flag.Value.
func (v *profileValue) String() string {
	if v.p == nil || *v.p == "" {
		return string(bus.Fast)
	}
	return string(*v.p)
}

// Set implements flag.Value.
func (v *profileValue) Set(s string) error {
	switch p := bus.Profile(s); p {
	case bus.Fast, bus.Durable:
		*v.p = p
		return nil
	}
	return fmt.Errorf("want %s or %s", bus.Fast, bus.Durable)
}

// sourcesValue is a flag for a list of sources.
type sourcesValue []string

// String implements flag.Value.
func (v *sourcesValue) String() string { return strings.Join(*v, ",") }

// Set implements flag.Value.
func (v *sourcesValue) Set(s string) error {
	*v = nil
	for name := range strings.SplitSeq(s, ",") {
		if err := article.CheckSource(name); err != nil {
			return err
		}
		*v = append(*v, name)
	}
	return nil
}

// IdentityFlags declares the flags by which a process shows NATS who it is.
func IdentityFlags(f *flag.FlagSet, id *bus.Identity) {
	f.StringVar(&id.Token, "nats-token", "", "`token` for the NATS server; not as an argument, which everybody on the machine can read: in the environment or a file")
	f.StringVar(&id.TokenFile, "nats-token-file", "", "`file` that holds the token for the NATS server")
	f.StringVar(&id.Creds, "nats-creds", "", "credentials `file` for the NATS server")
	f.StringVar(&id.NKey, "nats-nkey", "", "`file` of this user's seed for the NATS server, or a folder of one for each connection (see copydesk secure)")
	f.StringVar(&id.CA, "nats-ca", "", "`file` of the certificates that may have signed the NATS server's")
}

// Worker is a process that runs one stage against a NATS that is there.
type Worker struct {
	url          string
	identity     bus.Identity
	provision    bool
	housekeeping bool
	stateDir     string
	settings     bus.Settings
	learning     Learning
	sources      []string
}

// NewWorker declares a worker's flags.
func NewWorker(f *flag.FlagSet) *Worker {
	w := &Worker{}
	f.StringVar(&w.url, "nats-url", nats.DefaultURL, "NATS `server`, or several with commas between")
	IdentityFlags(f, &w.identity)
	f.BoolVar(&w.housekeeping, "housekeeping", true, "have ingest trim the streams and count the ledger; off where a process of its own does")
	f.BoolVar(&w.provision, "provision", true, "declare streams and consumers first; off where the worker may not")
	f.StringVar(&w.stateDir, "state-dir", "", "`folder` of this worker's own where dedupe keeps its index, to start quicker")
	SettingsFlags(f, &w.settings)
	LearningFlags(f, &w.learning)
	SourceFlags(f, &w.sources)
	return w
}

// Desk returns the desk with these stages. The tracer may be nil.
func (w *Worker) Desk(log *slog.Logger, reg prometheus.Registerer, tracer trace.Tracer, version string, stages ...string) (*Desk, error) {
	return New(Options{
		Dial: bus.Dial(w.url, w.identity, log), Stages: stages, Provision: w.provision, NoHousekeeping: !w.housekeeping, StateDir: w.stateDir,
		Settings: w.settings, Learning: w.learning, Sources: w.sources, Isolate: true, Version: version, Logger: log, Registerer: reg, Tracer: tracer,
	})
}
