package bus

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

const (
	// MaxInline is the largest payload a stage sends inside a message; larger ones
	// go to the blob bucket. An object costs two to four messages, so the line lies
	// well above 64 KiB.
	MaxInline = 256 << 10
	// MaxInlineFile is the same for a file on its way into the inbox: outside
	// senders stay under the server's usual 1 MiB with room for headers.
	MaxInlineFile = 900 << 10
	// MaxFile is the largest file the inbox takes.
	MaxFile = 32 << 20
)

// Blobs stores payloads too large for a message. A blob's name is fresh and its
// content is never written again: writing a name anew while it was read broke 6 to
// 8 of 15 reads. Stages pass the reference on, not the bytes.
type Blobs struct {
	js    jetstream.JetStream
	store jetstream.ObjectStore
}

// OpenBlobs opens the bucket Provision declared, patiently.
func OpenBlobs(ctx context.Context, js jetstream.JetStream) (*Blobs, error) {
	store, err := Patiently(ctx, func(ctx context.Context) (jetstream.ObjectStore, error) { return js.ObjectStore(ctx, BucketBlobs) })
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", BucketBlobs, err)
	}
	return &Blobs{js, store}, nil
}

// Put stores bytes under a fresh name and returns the reference,
// "copydesk_blobs/<name>".
func (b *Blobs) Put(ctx context.Context, data []byte) (ref string, err error) {
	name := nuid.Next()
	if _, err := b.store.PutBytes(ctx, name, data); err != nil {
		var refused *jetstream.APIError
		if errors.As(err, &refused) {
			err = publishError(refused)
		}
		return "", fmt.Errorf("store blob: %w", err)
	}
	return BucketBlobs + "/" + name, nil
}

// Drop removes a blob that no message refers to, and leaves nothing of it: the marker of
// a deletion would need room itself, and the bucket may be full.
func (b *Blobs) Drop(ctx context.Context, ref string) error {
	name, ok := strings.CutPrefix(ref, BucketBlobs+"/")
	if !ok || name == "" {
		return fmt.Errorf("remove blob %q: %w", ref, ErrForeignRef)
	}
	info, err := b.store.GetInfo(ctx, name)
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	s, err := b.js.Stream(ctx, "OBJ_"+BucketBlobs)
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	for _, subject := range []string{
		"$O." + BucketBlobs + ".M." + base64.URLEncoding.EncodeToString([]byte(name)), // first: whoever finds it must find its bytes
		"$O." + BucketBlobs + ".C." + info.NUID,
	} {
		if err := s.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("remove blob %s: %w", ref, err)
		}
	}
	return nil
}

// Get returns the bytes of a reference, checked against the digest it was stored
// with.
func (b *Blobs) Get(ctx context.Context, ref string) ([]byte, error) {
	name, ok := strings.CutPrefix(ref, BucketBlobs+"/")
	if !ok || name == "" {
		return nil, fmt.Errorf("read blob %q: %w", ref, ErrForeignRef)
	}
	info, err := b.store.GetInfo(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", ref, err)
	}
	if info.Size > 4*MaxFile {
		return nil, fmt.Errorf("read blob %s: %w (%d bytes)", ref, ErrTooLarge, info.Size)
	}
	data, err := b.store.GetBytes(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", ref, err)
	}
	return data, nil
}

// Sum returns the SHA-256 and the size of the bytes of a reference without reading them.
func (b *Blobs) Sum(ctx context.Context, ref string) (sum [sha256.Size]byte, size int64, err error) {
	name, ok := strings.CutPrefix(ref, BucketBlobs+"/")
	if !ok || name == "" {
		return sum, 0, fmt.Errorf("look at blob %q: %w", ref, ErrForeignRef)
	}
	info, err := b.store.GetInfo(ctx, name)
	if err != nil {
		return sum, 0, fmt.Errorf("look at blob %s: %w", ref, err)
	}
	digest, err := base64.URLEncoding.DecodeString(strings.TrimPrefix(info.Digest, "SHA-256="))
	if err != nil || len(digest) != len(sum) {
		return sum, 0, fmt.Errorf("look at blob %s: digest %q", ref, info.Digest)
	}
	return [sha256.Size]byte(digest), int64(info.Size), nil
}
