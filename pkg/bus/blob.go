package bus

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"

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
//
// There is one bucket for the desk, and one for each source whose sender may write
// nowhere else: see Settings.Sources.
type Blobs struct {
	js     jetstream.JetStream
	bucket string // that Put writes to

	mu     sync.Mutex
	stores map[string]jetstream.ObjectStore
}

// sourceBucket begins the name of a source's own bucket.
const sourceBucket = "copydesk_drop_"

// SourceBucket is the bucket of a source's own for its large files.
func SourceBucket(source string) string { return sourceBucket + source }

// OpenBlobs opens the bucket Provision declared, patiently.
func OpenBlobs(ctx context.Context, js jetstream.JetStream) (*Blobs, error) {
	return openBlobs(ctx, js, BucketBlobs)
}

// OpenSourceBlobs opens the bucket that a sender may put files of this source into: the
// source's own, or the desk's where the source has none.
func OpenSourceBlobs(ctx context.Context, js jetstream.JetStream, source string) (*Blobs, error) {
	b, err := openBlobs(ctx, js, SourceBucket(source))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return OpenBlobs(ctx, js)
	}
	return b, err
}

func openBlobs(ctx context.Context, js jetstream.JetStream, bucket string) (*Blobs, error) {
	b := &Blobs{js: js, bucket: bucket, stores: map[string]jetstream.ObjectStore{}}
	if _, err := Patiently(ctx, js.Conn(), func(ctx context.Context) (jetstream.ObjectStore, error) { return b.store(ctx, bucket) }); err != nil {
		return nil, err
	}
	return b, nil
}

// store opens a bucket once.
func (b *Blobs) store(ctx context.Context, bucket string) (jetstream.ObjectStore, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if store, ok := b.stores[bucket]; ok {
		return store, nil
	}
	store, err := b.js.ObjectStore(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", bucket, err)
	}
	b.stores[bucket] = store
	return store, nil
}

// Put stores bytes under a fresh name and returns the reference,
// "copydesk_blobs/<name>".
func (b *Blobs) Put(ctx context.Context, data []byte) (ref string, err error) {
	store, err := b.store(ctx, b.bucket)
	if err != nil {
		return "", err
	}
	name := nuid.Next()
	if _, err := store.PutBytes(ctx, name, data); err != nil {
		var refused *jetstream.APIError
		if errors.As(err, &refused) {
			err = publishError(refused)
		}
		return "", fmt.Errorf("store blob: %w", err)
	}
	return b.bucket + "/" + name, nil
}

// Drop removes a blob that no message refers to, and leaves nothing of it: the marker of
// a deletion would need room itself, and the bucket may be full.
func (b *Blobs) Drop(ctx context.Context, ref string) error {
	bucket, name, err := parseRef(ref)
	if err != nil {
		return fmt.Errorf("remove blob %q: %w", ref, err)
	}
	store, err := b.store(ctx, bucket)
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	info, err := store.GetInfo(ctx, name)
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	s, err := b.js.Stream(ctx, "OBJ_"+bucket)
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	for _, subject := range []string{
		"$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name)), // first: whoever finds it must find its bytes
		"$O." + bucket + ".C." + info.NUID,
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
	bucket, name, err := parseRef(ref)
	if err != nil {
		return nil, fmt.Errorf("read blob %q: %w", ref, err)
	}
	store, err := b.store(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", ref, err)
	}
	info, err := store.GetInfo(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", ref, err)
	}
	if info.Size > 4*MaxFile {
		return nil, fmt.Errorf("read blob %s: %w (%d bytes)", ref, ErrTooLarge, info.Size)
	}
	data, err := store.GetBytes(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", ref, err)
	}
	return data, nil
}

// Sum returns the SHA-256 and the size of the bytes of a reference without reading them.
func (b *Blobs) Sum(ctx context.Context, ref string) (sum [sha256.Size]byte, size int64, err error) {
	bucket, name, err := parseRef(ref)
	if err != nil {
		return sum, 0, fmt.Errorf("look at blob %q: %w", ref, err)
	}
	store, err := b.store(ctx, bucket)
	if err != nil {
		return sum, 0, fmt.Errorf("look at blob %s: %w", ref, err)
	}
	info, err := store.GetInfo(ctx, name)
	if err != nil {
		return sum, 0, fmt.Errorf("look at blob %s: %w", ref, err)
	}
	digest, err := base64.URLEncoding.DecodeString(strings.TrimPrefix(info.Digest, "SHA-256="))
	if err != nil || len(digest) != len(sum) {
		return sum, 0, fmt.Errorf("look at blob %s: digest %q", ref, info.Digest)
	}
	return [sha256.Size]byte(digest), int64(info.Size), nil
}

// parseRef splits a reference into bucket and name.
func parseRef(ref string) (bucket, name string, err error) {
	bucket, name, ok := strings.Cut(ref, "/")
	if !ok || name == "" || bucket != BucketBlobs && !strings.HasPrefix(bucket, sourceBucket) {
		return "", "", ErrForeignRef
	}
	return bucket, name, nil
}

// RefOf reports whether a file of a source may be in a blob: in the desk's bucket or the
// source's own, not in another source's.
func RefOf(source, ref string) bool {
	bucket, _, err := parseRef(ref)
	return err == nil && (bucket == BucketBlobs || bucket == SourceBucket(source))
}
