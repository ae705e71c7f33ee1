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
		if _, err := js.CreateOrUpdateStream(ctx, t.StreamConfig(row)); err != nil {
			return fmt.Errorf("declare stream %s: %w", row.Name, err)
		}
	}
	for _, row := range t.Consumers {
		if _, err := js.CreateOrUpdateConsumer(ctx, row.Stream, t.ConsumerConfig(row)); err != nil {
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
	_, err = js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: BucketBlobs, Replicas: s.Replicas, MaxBytes: s.Store / 100 * blobShare,
		TTL: blobTTL(t),
	})
	if err != nil {
		return fmt.Errorf("declare bucket %s: %w", BucketBlobs, err)
	}
	return nil
}

// StreamConfig is what a stream is declared as.
func (t *Topology) StreamConfig(row Stream) jetstream.StreamConfig {
	s := t.Settings
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
	return cfg
}

// ConsumerConfig is what a consumer is declared as.
func (t *Topology) ConsumerConfig(row Consumer) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       row.Name,
		FilterSubject: row.Filter,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       row.AckWait,
		MaxAckPending: maxAckPending,
		// The runner counts attempts itself: a worker that was killed is not the
		// message's fault.
		MaxDeliver: -1,
	}
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
