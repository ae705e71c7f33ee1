package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Provision declares the road: it creates what is missing and brings limits up to
// date. It never removes anything, and running it again changes nothing.
func Provision(ctx context.Context, js jetstream.JetStream, t *Topology) error {
	s := t.Settings
	for _, row := range t.Streams {
		cfg := jetstream.StreamConfig{
			Name:               row.Name,
			Subjects:           row.Subjects,
			Retention:          jetstream.LimitsPolicy,
			Storage:            jetstream.FileStorage,
			Discard:            jetstream.DiscardNew,
			MaxBytes:           s.Store / 100 * row.Share,
			Duplicates:         s.DuplicateWindow,
			Replicas:           s.Replicas,
			AllowDirect:        true,
			AllowAtomicPublish: true,
		}
		if row.Compress {
			cfg.Compression = jetstream.S2Compression
		}
		if _, err := js.CreateOrUpdateStream(ctx, cfg); err != nil {
			return fmt.Errorf("declare stream %s: %w", row.Name, err)
		}
	}
	for _, row := range t.Consumers {
		_, err := js.CreateOrUpdateConsumer(ctx, row.Stream, jetstream.ConsumerConfig{
			Durable:       row.Name,
			FilterSubject: row.Filter,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       row.AckWait,
			MaxAckPending: maxAckPending,
			// The runner counts attempts itself: a worker that was killed is not the
			// message's fault.
			MaxDeliver: -1,
		})
		if err != nil {
			return fmt.Errorf("declare consumer %s of %s: %w", row.Name, row.Stream, err)
		}
	}
	for _, row := range []struct {
		bucket string
		bytes  int64
	}{{BucketState, stateBytes}, {BucketSources, sourcesBytes}} {
		_, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: row.bucket, Replicas: s.Replicas, MaxBytes: row.bytes, History: 1,
		})
		if err != nil {
			return fmt.Errorf("declare bucket %s: %w", row.bucket, err)
		}
	}
	_, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: BucketOverrides, Replicas: s.Replicas, MaxBytes: overridesBytes, History: overridesHistory,
	})
	if err != nil {
		return fmt.Errorf("declare bucket %s: %w", BucketOverrides, err)
	}
	for bucket, size := range t.blobBuckets() {
		_, err = js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: bucket, Replicas: s.Replicas, MaxBytes: size, TTL: blobTTL(t),
		})
		if err != nil {
			return fmt.Errorf("declare bucket %s: %w", bucket, err)
		}
	}
	return nil
}

// blobBuckets are the object stores and their sizes in bytes.
func (t *Topology) blobBuckets() map[string]int64 {
	percent, n := t.Settings.Store/100, int64(len(t.Settings.Sources))
	if n == 0 {
		return map[string]int64{BucketBlobs: percent * blobShare}
	}
	sizes := map[string]int64{BucketBlobs: percent * (blobShare - sourceShare)}
	for _, source := range t.Settings.Sources {
		sizes[SourceBucket(source)] = percent * sourceShare / n
	}
	return sizes
}

// blobTTL is twice the longest age of any stream, so that a blob outlives every
// message that points to it.
func blobTTL(t *Topology) time.Duration {
	var longest time.Duration
	for _, row := range t.Streams {
		longest = max(longest, row.Age)
	}
	return 2 * longest
}
