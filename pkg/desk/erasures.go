package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/stage"
)

// CodeErased is the reason code of what comes in again after it was erased.
const CodeErased = "erased"

// ErasurePrefix begins the keys of erasures in the overrides bucket.
const ErasurePrefix = "erased."

// Erasure is the desk's word that articles are to be forgotten, as it is kept in the
// overrides bucket: for good, since it keeps them from coming back. It has no text.
type Erasure struct {
	// ID is the end of its key.
	ID string `json:"id"`
	// Target is what was asked for: a uri, the SHA-256 of a file, or source:<name>.
	Target string `json:"target"`
	// URIs and Items are the articles, Files the SHA-256 of the files they came in, and
	// Words the dedupe.Signature.Hash of their words. Whatever has one of the last two
	// dies when it comes in.
	URIs  []string `json:"uris"`
	Items []string `json:"items"`
	Files []string `json:"files"`
	Words []string `json:"words"`
	// Origins are the files that go with the articles, in the inboxes.
	Origins []FilePlace `json:"origins"`
	// Kept are those that hold other articles too and were left.
	Kept []FilePlace `json:"kept"`

	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	// Done is when everything was found gone, null while it is under way.
	Done *time.Time `json:"done"`
}

// FilePlace is where a file is.
type FilePlace struct {
	Stream string `json:"stream"`
	Seq    uint64 `json:"seq"`
}

// ParseErasure reads an erasure as it is kept.
func ParseErasure(key string, value []byte) (e Erasure, err error) {
	if err := json.Unmarshal(value, &e); err != nil {
		return e, fmt.Errorf("read erasure %s: %w", key, err)
	}
	if ErasurePrefix+e.ID != key {
		return e, fmt.Errorf("read erasure %s: it belongs under %s", key, ErasurePrefix+e.ID)
	}
	return e, nil
}

// erasures are the desk's erasures, as they are in the bucket now. It is safe for
// concurrent use.
type erasures struct {
	*overrideWatch
	changed chan struct{}

	mu    sync.RWMutex
	list  map[string]Erasure
	files map[string]bool
	words map[string]bool
}

// openErasures reads them whole. They are followed until ctx is done.
func openErasures(ctx context.Context, js jetstream.JetStream, log *slog.Logger) (*erasures, error) {
	e := &erasures{list: map[string]Erasure{}, changed: make(chan struct{}, 1)}
	var err error
	e.overrideWatch, err = watchOverrides(ctx, js, log, ErasurePrefix, e.note, e.index)
	return e, err
}

func (e *erasures) note(key string, value []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.list, key)
	if value == nil {
		return nil
	}
	er, err := ParseErasure(key, value)
	if err == nil {
		e.list[key] = er
	}
	return err
}

// index makes what was noted hold.
func (e *erasures) index(uint64) {
	e.mu.Lock()
	e.files, e.words = map[string]bool{}, map[string]bool{}
	for _, er := range e.list {
		for _, sum := range er.Files {
			e.files[sum] = true
		}
		for _, hash := range er.Words {
			e.words[hash] = true
		}
	}
	e.mu.Unlock()
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// pending are those under way.
func (e *erasures) pending() (list []Erasure) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, er := range e.list {
		if er.Done == nil {
			list = append(list, er)
		}
	}
	return list
}

// file refuses a file that was erased.
func (e *erasures) file(data []byte) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.files) == 0 {
		return nil
	}
	if sum := sha256.Sum256(data); e.files[hex.EncodeToString(sum[:])] {
		return errErased("this file")
	}
	return nil
}

// article refuses an article whose words were erased.
func (e *erasures) article(hash string) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.words[hash] {
		return errErased("this article")
	}
	return nil
}

// errErased buries what was erased without its bytes.
func errErased(what string) error {
	return &stage.RejectError{
		Code: CodeErased, Class: article.ClassInput, Withhold: true,
		Err: errors.New(strings.Join([]string{what, "was erased, and is kept from coming back; `copydesk override rm` lets it in again"}, " ")),
	}
}
