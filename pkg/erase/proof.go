package erase

import (
	"context"
	"fmt"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/ledger"
)

// Proof says what was in each store, and what is there now.
type Proof struct {
	ID     string    `json:"id"`
	Target string    `json:"target"`
	URIs   []string  `json:"uris"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	// DryRun says that nothing was changed.
	DryRun bool    `json:"dry_run"`
	Stores []Store `json:"stores"`
	// Blocked is how many files and articles are kept from coming back.
	Blocked int `json:"blocked"`
	// Kept are files that hold other articles as well: their bytes are still there. Copies
	// are articles that repeat the erased ones and were not asked for.
	Kept   []desk.FilePlace `json:"kept"`
	Copies []string         `json:"copies"`
	More   bool             `json:"more"`
}

// Store is one place where something was looked for.
type Store struct {
	Name  string `json:"name"`
	Found int    `json:"found"`
	Left  int    `json:"left"`
}

// proof compares two looks at the same articles.
func (e *Eraser) proof(ctx context.Context, before, after *Plan) (*Proof, error) {
	p := &Proof{
		ID: before.erasure.ID, Target: before.erasure.Target, URIs: before.erasure.URIs, Reason: before.erasure.Reason, At: before.erasure.At,
		Blocked: len(before.erasure.Files) + len(before.erasure.Words),
		Kept:    append([]desk.FilePlace{}, after.Kept...), Copies: append([]string{}, after.Copies...), More: before.More,
	}
	left := 0
	add := func(name string, found, now int) {
		p.Stores = append(p.Stores, Store{name, found, now})
		left += now
	}
	for _, stream := range order {
		add(stream, len(before.Messages[stream]), len(after.Messages[stream]))
	}
	add(article.StreamDecisions, len(before.Decisions), len(after.Decisions))
	now := 0
	for _, ref := range before.Blobs {
		there, err := e.blobs.Has(ctx, ref)
		if err != nil {
			return p, err
		}
		if there {
			now++
		}
	}
	add("large payloads", len(before.Blobs), now)
	if left > 0 && before != after {
		return p, fmt.Errorf("%w: %d things are left; ask again", ErrUnfinished, left)
	}
	return p, nil
}

// DryRun is the proof that would be: nothing is changed.
func (e *Eraser) DryRun(ctx context.Context, r Request) (*Proof, error) {
	p, err := e.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	proof, err := e.proof(ctx, p, p)
	if err == nil {
		proof.DryRun = true
	}
	return proof, err
}

// count has the ledger count what is about to go, and remember it. Others may save what
// they have counted at the same time; the last word must know all of it.
func (e *Eraser) count(ctx context.Context, p *Plan) error {
	for {
		books, err := ledger.Open(ctx, e.js)
		if err != nil {
			return err
		}
		if err := books.Advance(ctx); err != nil {
			return err
		}
		if err := books.Save(ctx); err != nil {
			return err
		}
		counted := true
		for _, stream := range order {
			from, err := books.KeepFrom(ctx, stream)
			if err != nil {
				return err
			}
			for _, seq := range p.Messages[stream] {
				counted = counted && (from == bus.KeepNothing || seq < from)
			}
		}
		if counted {
			return nil
		}
	}
}

// Total is how many things were found.
func (p *Proof) Total() (n int) {
	for _, s := range p.Stores {
		n += s.Found
	}
	return n
}
