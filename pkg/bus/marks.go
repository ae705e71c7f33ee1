package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Mark is something the state bucket remembers of one stream: a floor, up to which a
// consumer has acknowledged, or a start, of one message that may kill its worker.
type Mark struct {
	Key              string
	Stream, Consumer string
	Seq              uint64
	// Start tells a start from a floor. A floor is of the stream created at Created.
	Start   bool
	Created time.Time
}

// Marks returns all of them.
func (s *State) Marks(ctx context.Context) ([]Mark, error) {
	keys, err := s.kv.ListKeysFiltered(ctx, "floor.>", "starts.>")
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list state: %w", err)
	}
	var marks []Mark
	for key := range keys.Keys() {
		part := strings.Split(key, ".")
		switch {
		case part[0] == "floor" && len(part) == 3:
			var f floor
			if err := s.get(ctx, key, &f); err != nil {
				return nil, err
			}
			marks = append(marks, Mark{Key: key, Stream: part[1], Consumer: part[2], Seq: f.Seq, Created: f.Created})
		case part[0] == "starts" && len(part) == 4:
			seq, err := strconv.ParseUint(part[3], 10, 64)
			if err == nil {
				marks = append(marks, Mark{Key: key, Stream: part[2], Consumer: part[1], Seq: seq, Start: true})
			}
		}
	}
	return marks, nil
}

// Forget removes a mark.
func (s *State) Forget(ctx context.Context, m Mark) error {
	if err := s.kv.Purge(ctx, m.Key); err != nil {
		return fmt.Errorf("clear state %s: %w", m.Key, err)
	}
	return nil
}
