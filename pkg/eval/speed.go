package eval

import (
	"context"
	"time"
)

// background: a scorecard has no deadline of its own.
var background = context.Background()

// speed counts documents and the processor time of the whole process while they
// were at work, so that what runs beside a document (its share of garbage
// collection above all) is paid for and other programs on the machine are not.
type speed struct {
	began, spent time.Duration
	n            int
}

func (s *speed) start() { s.began = cpuTime() }

// stop ends what start began: n documents.
func (s *speed) stop(n int) {
	s.spent += cpuTime() - s.began
	s.n += n
}

func (s *speed) score(stage, set, metric string) Score {
	v := 0.0
	if s.spent > 0 {
		v = float64(s.n) / s.spent.Seconds()
	}
	return Score{stage, set, metric, v, s.n}
}
