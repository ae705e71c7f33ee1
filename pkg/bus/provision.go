package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Provision declares the road: it creates what is missing and brings limits up to
// date. It never removes anything, and running it again changes nothing.
func Provision(ctx context.Context, js jetstream.JetStream, t *Topology) error {
	s := t.Settings
	for _, row := range t.Streams {
		cfg := t.StreamConfig(row)
		err := declare(ctx, func() error { _, err := js.CreateOrUpdateStream(ctx, cfg); return err })
		if err != nil {
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
		cfg := jetstream.KeyValueConfig{Bucket: row.bucket, Replicas: s.Replicas, MaxBytes: row.bytes, History: 1}
		err := declare(ctx, func() error { _, err := js.CreateOrUpdateKeyValue(ctx, cfg); return err })
		if err != nil {
			return fmt.Errorf("declare bucket %s: %w", row.bucket, err)
		}
	}
	overrides := jetstream.KeyValueConfig{Bucket: BucketOverrides, Replicas: s.Replicas, MaxBytes: overridesBytes, History: overridesHistory}
	err := declare(ctx, func() error { _, err := js.CreateOrUpdateKeyValue(ctx, overrides); return err })
	if err != nil {
		return fmt.Errorf("declare bucket %s: %w", BucketOverrides, err)
	}
	for bucket, size := range t.blobBuckets() {
		blobs := jetstream.ObjectStoreConfig{Bucket: bucket, Replicas: s.Replicas, MaxBytes: size, TTL: blobTTL(t)}
		err = declare(ctx, func() error { _, err := js.CreateOrUpdateObjectStore(ctx, blobs); return err })
		if err != nil {
			return fmt.Errorf("declare bucket %s: %w", bucket, err)
		}
	}
	return nil
}

const (
	// declareTries and declareWait give another process time to finish declaring.
	declareTries = 20
	declareWait  = 50 * time.Millisecond
)

// declare makes a stream, again when there is no room for it. Workers that start
// together declare the same streams at the same time, and while the server makes one for
// the first of them it counts its limit for each: the last stream does not fit twice. A
// moment later it is there, and declaring it changes nothing.
func declare(ctx context.Context, create func() error) error {
	for try := 1; ; try++ {
		err := create()
		var api *jetstream.APIError
		if err == nil || try == declareTries || !errors.As(err, &api) || api.ErrorCode != codeStorageExceeded {
			return err
		}
		timer := time.NewTimer(declareWait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
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
