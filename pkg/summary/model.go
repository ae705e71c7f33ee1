package summary

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/copydesk/copydesk/pkg/text"
)

// weightsFile holds the weights learnt by "go run ./scripts/train summaries". What they
// learnt from and how well they do is in MODELS.md.
//
//go:embed weights.bin
var weightsFile []byte

// Default returns the ranker that comes with the package.
var Default = sync.OnceValue(func() *Ranker {
	w, err := Decode(weightsFile)
	if err != nil {
		panic(fmt.Errorf("the summary weights in this program: %w", err)) // a test reads them
	}
	k, err := NewRanker(w)
	if err != nil {
		panic(fmt.Errorf("the summary weights in this program: %w", err))
	}
	return k
})

// Name returns the ranker's name and version.
func (k *Ranker) Name() string { return k.name }

// Seen reports whether the ranker learnt from an article, by its Fingerprint. A figure
// on articles that it learnt from says nothing.
func (k *Ranker) Seen(fingerprint uint64) bool { return k.seen[fingerprint] }

// fingerprintWords is the number of words by which an article is known again.
const fingerprintWords = 80

// Fingerprint is a hash of the first words of a text. Case, marks and layout do not
// matter.
func Fingerprint(s string) uint64 {
	doc := text.Scan(s)
	h, n := uint64(14695981039346656037), 0
	for i := range doc.Tokens {
		if t := &doc.Tokens[i]; t.Kind == text.Word && n < fingerprintWords {
			h = (h ^ t.Hash) * 1099511628211
			n++
		}
	}
	return h
}
