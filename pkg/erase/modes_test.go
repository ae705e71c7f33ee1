package erase_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/erase"
)

func run(t *testing.T, p *place, r erase.Request) *erase.Proof {
	t.Helper()
	r.Reason, r.By = "test", "test"
	proof, err := p.eraser(t).Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func found(p *erase.Proof, store string) int {
	for _, s := range p.Stores {
		if s.Name == store {
			return s.Found
		}
	}
	return -1
}

// feed is a file of two articles.
func feed() string {
	entry := func(text string) string {
		title, body, _ := strings.Cut(text, "\n\n")
		return "<item><title>" + title + "</title><description>" + strings.ReplaceAll(body, "\n\n", " ") + "</description></item>"
	}
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>Port news</title>` + entry(story("yesterday")) + entry(other(7)) + `</channel></rss>`
}

// A file of several articles stays for the sake of the others, and the proof says so.
func TestErase_aFileOfSeveralArticlesStaysUnlessAskedFor(t *testing.T) {
	t.Parallel()
	p := open(t, t.TempDir())
	p.drop(t, feed())
	p.balance(t, 2)
	r := erase.Request{URI: p.uriOf(t, marker)}
	proof := run(t, p, r)
	if len(proof.Kept) != 1 || proof.Kept[0].Stream != article.StreamInbox {
		t.Errorf("kept %v, want the file", proof.Kept)
	}
	if left := p.stored(t); len(left) != 1 || !strings.HasPrefix(left[0], article.StreamInbox) {
		t.Errorf("the marker is in %v, want the file alone", left)
	}
	p.uriOf(t, "bridge number 7")
	// The article is kept out even so; its neighbour is a copy of itself.
	p.drop(t, feed())
	if sums := p.balance(t, 4); sums.Dead != 1 || sums.Duplicate != 1 {
		t.Errorf("ledger %+v, want one dead and one copy", sums)
	}

	r.WholeFile = true
	if proof = run(t, p, r); len(proof.Kept) != 0 || found(proof, article.StreamInbox) == 0 {
		t.Errorf("with the whole file: %+v", proof)
	}
}

// By the digest of a file go all its arrivals, with what was too large for a message.
func TestErase_byTheDigestOfAFile(t *testing.T) {
	t.Parallel()
	p := open(t, t.TempDir())
	var b strings.Builder
	b.WriteString(story("yesterday"))
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "\nChapter %d of the audit lists boat %d, which owed %d crowns to the harbour of %s.\n", i, i*7, i*13+1, marker)
	}
	p.drop(t, b.String(), other(1), b.String())
	before := p.balance(t, 3)
	sum := sha256.Sum256([]byte(b.String()))
	proof := run(t, p, erase.Request{SHA256: hex.EncodeToString(sum[:])})
	if found(proof, "large payloads") < 3 || found(proof, article.StreamInbox) != 2 {
		t.Errorf("proof %+v", proof)
	}
	p.gone(t)
	if after := p.balance(t, 3); after != before {
		t.Errorf("ledger %+v, before %+v", after, before)
	}
	p.drop(t, b.String())
	if sums := p.balance(t, 4); sums.Dead != 1 {
		t.Errorf("ledger %+v, want one dead", sums)
	}
	desktest.Wait(t, "the refused file to go", func() bool { return len(p.stored(t)) == 0 })
	p.gone(t)
}

func TestErase_everythingOfASource(t *testing.T) {
	t.Parallel()
	p := open(t, t.TempDir())
	p.drop(t, story("yesterday"), other(1), story("yesterday"), "%PDF-1.7 "+marker+" and nothing else")
	if _, err := p.inbox.Put(t.Context(), bus.File{Source: "valley", Lane: article.Live, Data: []byte(other(2))}); err != nil {
		t.Fatal(err)
	}
	before := p.balance(t, 5)
	if before.Dead != 1 {
		t.Fatalf("ledger %+v", before)
	}
	proof := run(t, p, erase.Request{Source: "port"})
	if found(proof, article.StreamInbox) != 4 || found(proof, article.StreamDead) != 1 {
		t.Errorf("proof %+v", proof)
	}
	p.gone(t)
	if after := p.balance(t, 5); after != before {
		t.Errorf("ledger %+v, before %+v", after, before)
	}
	p.uriOf(t, "bridge number 2")
}

// The decision on an update quotes both versions. What else was decided with it stays.
func TestErase_versionsAndTheDecisionLog(t *testing.T) {
	t.Parallel()
	p := open(t, t.TempDir())
	p.drop(t, other(1), story("yesterday"), other(2))
	p.balance(t, 3)
	p.drop(t, strings.Replace(story("yesterday"), "in four parts.", "in four parts.\n\nUpdate: the deputy, Jory "+marker+", is a cousin of the harbour master and was sworn in at noon, the council added.", 1), other(3))
	p.balance(t, 5)
	inLog := false
	for _, s := range p.stored(t) {
		inLog = inLog || strings.HasPrefix(s, article.StreamDecisions)
	}
	if !inLog {
		t.Fatal("no decision quotes the article: the test tests nothing")
	}
	proof := run(t, p, erase.Request{URI: p.uriOf(t, marker)})
	if len(proof.URIs) != 1 || found(proof, article.StreamDecisions) < 2 {
		t.Errorf("proof %+v", proof)
	}
	p.gone(t)
	// The others are known still, by whoever reads the log from the beginning too.
	p.stop()
	p.start(t)
	p.drop(t, other(1), other(2), other(3))
	if sums := p.balance(t, 8); sums.Duplicate != 3 {
		t.Errorf("ledger %+v, want three copies", sums)
	}
}
