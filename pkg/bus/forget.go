package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Forget removes messages of a stream and has the server write over their bytes. One that
// is not there is forgotten already.
func Forget(ctx context.Context, js jetstream.JetStream, stream string, seqs []uint64) error {
	if len(seqs) == 0 {
		return nil
	}
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("remove from %s: %w", stream, err)
	}
	for _, seq := range seqs {
		err := s.SecureDeleteMsg(ctx, seq)
		if err == nil {
			continue
		}
		// The client does not pass on the server's code, so look.
		if _, gone := s.GetMsg(ctx, seq); !errors.Is(gone, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("remove message %d from %s: %w", seq, stream, err)
		}
	}
	return nil
}

// Forget removes a blob, all of it, and has the server write over its bytes. One that is
// not there is forgotten already.
func (b *Blobs) Forget(ctx context.Context, ref string) error {
	bucket, name, err := parseRef(ref)
	if err != nil {
		return fmt.Errorf("remove blob %q: %w", ref, err)
	}
	store, err := b.store(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	info, err := store.GetInfo(ctx, name, jetstream.GetObjectInfoShowDeleted())
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove blob %s: %w", ref, err)
	}
	// The bytes first: what describes them leads to them.
	for _, subject := range []string{
		"$O." + bucket + ".C." + info.NUID,
		"$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name)),
	} {
		var seqs []uint64
		_, err := Scan(ctx, b.js, "OBJ_"+bucket, ScanOptions{Subject: subject}, func(_ jetstream.Msg, meta *jetstream.MsgMetadata) error {
			seqs = append(seqs, meta.Sequence.Stream)
			return nil
		})
		if err == nil {
			err = Forget(ctx, b.js, "OBJ_"+bucket, seqs)
		}
		if err != nil {
			return fmt.Errorf("remove blob %s: %w", ref, err)
		}
	}
	return nil
}

// Has reports whether a blob is there.
func (b *Blobs) Has(ctx context.Context, ref string) (bool, error) {
	bucket, name, err := parseRef(ref)
	if err != nil {
		return false, nil
	}
	store, err := b.store(ctx, bucket)
	if err == nil {
		_, err = store.GetInfo(ctx, name)
	}
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound), errors.Is(err, jetstream.ErrBucketNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for blob %s: %w", ref, err)
	}
	return true, nil
}

// ForgetKey removes the value of a key of a bucket, with what is kept of its history. The
// server lets nobody remove a single message behind a bucket, so that it does not write over
// the bytes: they leave the disk when it next packs the file they are in.
func ForgetKey(ctx context.Context, js jetstream.JetStream, bucket, key string) error {
	kv, err := js.KeyValue(ctx, bucket)
	if err == nil {
		_, err = kv.Get(ctx, key)
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	if err == nil {
		err = kv.Purge(ctx, key)
	}
	if err != nil {
		return fmt.Errorf("remove %s of %s: %w", key, bucket, err)
	}
	return nil
}
