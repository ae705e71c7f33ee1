package overview

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

// Latency is how long articles took, from the inbox storing the file to the record being
// stored, by the server's clock, over the newest records.
type Latency struct {
	Samples int `json:"samples"`
	// P50, P95 and P99 are in seconds, null without a sample.
	P50 *float64 `json:"p50_seconds"`
	P95 *float64 `json:"p95_seconds"`
	P99 *float64 `json:"p99_seconds"`
}

// A look reads at most newest records of each output, and the last window of all of
// them count: at a hundred a second that is some five seconds.
const newest, window = 64, 512

// passage is the records that came out lately.
type passage struct {
	next     map[string]uint64
	took     []float64 // the last window of them
	versions map[string]version
}

type version struct {
	name string
	at   time.Time
}

func newPassage() passage {
	return passage{next: map[string]uint64{}, versions: map[string]version{}}
}

func (p *passage) look(ctx context.Context, js jetstream.JetStream, s *Overview) error {
	for _, name := range []string{article.StreamDuplicate, article.StreamEnriched} {
		stream := s.stream(name)
		from := p.next[name]
		if from > stream.Last+1 {
			from = 0 // made anew
		}
		if stream.Last > newest {
			from = max(from, stream.Last-newest+1)
		}
		// A busy stream goes on while it is read; a look has an end.
		left := 2 * newest
		next, err := bus.Scan(ctx, js, name, bus.ScanOptions{From: from, Bodies: true}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
			if left--; left >= 0 {
				p.note(m.Data(), meta.Timestamp)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("look at the newest records: %w", err)
		}
		p.next[name] = next
	}
	return nil
}

// note takes the times and the versions of a record, and nothing else.
func (p *passage) note(record []byte, stored time.Time) {
	var r struct {
		Received time.Time `json:"received"`
		Trace    []struct {
			Stage   string `json:"stage"`
			Version string `json:"version"`
		} `json:"trace"`
	}
	if json.Unmarshal(record, &r) != nil || r.Received.IsZero() {
		return // a stranger's message
	}
	p.took = append(p.took, max(stored.Sub(r.Received).Seconds(), 0))
	if len(p.took) > 2*window {
		p.took = slices.Delete(p.took, 0, len(p.took)-window)
	}
	for _, step := range r.Trace {
		if !slices.Contains(article.Stages(), step.Stage) || stored.Before(p.versions[step.Stage].at) {
			continue
		}
		p.versions[step.Stage] = version{word(step.Version), stored}
	}
}

func (p *passage) report() (Latency, map[string]string) {
	took := slices.Clone(p.took[max(len(p.took)-window, 0):])
	slices.Sort(took)
	versions := map[string]string{}
	for stage, v := range p.versions {
		versions[stage] = v.name
	}
	return Latency{Samples: len(took), P50: quantile(took, .5), P95: quantile(took, .95), P99: quantile(took, .99)}, versions
}

// quantile returns the value that a part q of sorted values does not exceed.
func quantile(sorted []float64, q float64) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	v := sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
	return &v
}
