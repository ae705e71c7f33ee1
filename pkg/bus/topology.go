// Package bus is copydesk's road: the streams, consumers and buckets on NATS
// JetStream, the way messages are published to them, and what keeps them small.
//
// One table, Topology, names everything. Provision declares it, the stages read
// their places from it, the Trimmer cleans by it.
//
// Two rules shape it. Unacknowledged work never expires: no stream has a maximum
// age, and a Trimmer removes only what every consumer has acknowledged. And a
// full stream refuses: every stream has a size limit with discard-new, so a slow
// stage pauses the one before it, and a full inbox tells the sender.
package bus

import (
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// Buckets.
const (
	// BucketBlobs is the object store of payloads too large for a message.
	BucketBlobs = "copydesk_blobs"
	// BucketState is the key-value bucket of acknowledgement floors, suspect
	// starts, leases and ledger checkpoints.
	BucketState = "copydesk_state"
	// BucketOverrides is the key-value bucket of what the desk decided by hand.
	BucketOverrides = "copydesk_overrides"
	// BucketSources is the key-value bucket of what ingest learns about each source.
	BucketSources = "copydesk_sources"
)

// Settings are the operator's choices about the road. The zero value of a field
// means its default.
type Settings struct {
	// Profile is Fast or Durable. Default Fast.
	Profile Profile
	// Replicas of every stream and bucket, 1 to 5. Default 1.
	Replicas int
	// Store caps the bytes of all streams and buckets together; each has a fixed
	// share. Default 10 GiB.
	Store int64
	// DuplicateWindow is how long the server recognises a repeated message id.
	// Stages recover what they published before it. Default 10 minutes; longer
	// costs the server memory.
	DuplicateWindow time.Duration
	// AckWait is how long the server waits for a sign of life from a stage before
	// it delivers a message again. Default 30 s, for dedupe 5 s: the work of an active
	// process that died comes back to the standby that soon.
	AckWait time.Duration
	// InboxAge, HopAge, DedupeWindow and OutputAge are how long the trimmer keeps
	// finished messages: files dropped (7 d), messages between stages (24 h), the
	// texts dedupe compares with (72 h) and results (30 d).
	InboxAge, HopAge, DedupeWindow, OutputAge time.Duration
	// Sources are those whose senders have a bucket of their own for large files, and may
	// write to no other. Default none.
	Sources []string
}

// Profile is a durability profile.
type Profile string

const (
	// Fast has the server sync once a second: nothing is lost when a process
	// dies, up to a second when the machine does.
	Fast Profile = "fast"
	// Durable has the server sync before it acknowledges, and publishes in atomic
	// batches, which sync once: engine measurements gave 2,277 against 214
	// articles a second over four hops.
	Durable Profile = "durable"
)

func (s Settings) withDefaults() Settings {
	if s.Profile == "" {
		s.Profile = Fast
	}
	s.Replicas = max(s.Replicas, 1)
	if s.Store == 0 {
		s.Store = 10 << 30
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&s.DuplicateWindow, 10 * time.Minute},
		{&s.AckWait, 30 * time.Second},
		{&s.InboxAge, 7 * 24 * time.Hour},
		{&s.HopAge, 24 * time.Hour},
		{&s.DedupeWindow, 72 * time.Hour},
		{&s.OutputAge, 30 * 24 * time.Hour},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return s
}

// Stream is a row of the table of streams.
type Stream struct {
	Name     string
	Subjects []string
	// Age is how long the trimmer keeps a message that nobody waits for.
	Age time.Duration
	// Share of Settings.Store, in percent.
	Share int64
	// Writer is the stage that publishes here, empty for the inboxes. Its output
	// is kept while the input it came from is unacknowledged.
	Writer string
	// Compress stores blocks compressed: worth it for raw files only.
	Compress bool
}

// Consumer is a row of the table of consumers: a stage's place on a stream.
type Consumer struct {
	Stream string
	Name   string // the stage
	Filter string // empty for everything
	Lane   article.Lane
	// AckWait is how long the server waits for a sign of life.
	AckWait time.Duration
}

// Topology is the whole road under some settings.
type Topology struct {
	Settings  Settings
	Streams   []Stream
	Consumers []Consumer
}

// maxAckPending is twice the widest publish window, so that the server never
// holds back messages a stage has room for; the default of 1000 stalls a window
// of 1024.
const maxAckPending = 2048

// blobShare is the object store's part of Settings.Store, in percent.
const blobShare = 14

// sourceShare of it, in percent of Settings.Store, goes to the buckets of Settings.Sources
// together where there are any.
const sourceShare = 6

// stateBytes bounds the state bucket; it holds a few kilobytes. sourcesBytes bounds
// what is learnt about sources: some 30 KiB for each, and the last snapshots.
const stateBytes, sourcesBytes = 16 << 20, 32 << 20

// overridesBytes bounds the overrides: about a quarter of a kilobyte each.
const overridesBytes = 64 << 20

// overridesHistory is how many values of one override are kept, so that the set can
// be read as it was at a revision. The server keeps no more.
const overridesHistory = 64

// dedupeAckWait is Settings.AckWait's default for dedupe.
const dedupeAckWait = 5 * time.Second

// NewTopology returns the road under some settings.
func NewTopology(s Settings) *Topology {
	dedupeWait := s.AckWait
	if dedupeWait == 0 {
		dedupeWait = dedupeAckWait
	}
	s = s.withDefaults()
	return &Topology{
		Settings: s,
		Streams: []Stream{
			{Name: article.StreamInbox, Subjects: []string{"articles.inbox.*", "articles.retry.live.*"}, Age: s.InboxAge, Share: 22, Compress: true},
			{Name: article.StreamBackfill, Subjects: []string{"articles.backfill.*", "articles.retry.backfill.*"}, Age: s.InboxAge, Share: 9, Compress: true},
			{Name: article.StreamIngested, Subjects: []string{article.SubjectIngested}, Age: s.HopAge, Share: 8, Writer: article.StageIngest},
			{Name: article.StreamDecisions, Subjects: []string{article.SubjectDecisions}, Age: max(s.OutputAge, s.DedupeWindow), Share: 6, Writer: article.StageDedupe},
			{Name: article.StreamUnique, Subjects: []string{article.SubjectUnique}, Age: max(s.HopAge, s.DedupeWindow), Share: 10, Writer: article.StageDedupe},
			{Name: article.StreamTagged, Subjects: []string{article.SubjectTagged}, Age: s.HopAge, Share: 8, Writer: article.StageEntities},
			{Name: article.StreamEnriched, Subjects: []string{"articles.enriched.*.*.*"}, Age: s.OutputAge, Share: 12, Writer: article.StageSummarize},
			{Name: article.StreamDuplicate, Subjects: []string{"articles.duplicate.*.*"}, Age: s.OutputAge, Share: 6, Writer: article.StageDedupe},
			{Name: article.StreamDead, Subjects: []string{"articles.dead.*"}, Age: s.OutputAge, Share: 4},
			{Name: article.StreamErased, Subjects: []string{article.SubjectErased}, Age: s.OutputAge, Share: 1},
		},
		Consumers: []Consumer{
			{Stream: article.StreamInbox, Name: article.StageIngest, Lane: article.Live, AckWait: s.AckWait},
			{Stream: article.StreamBackfill, Name: article.StageIngest, Lane: article.Backfill, AckWait: s.AckWait},
			{Stream: article.StreamIngested, Name: article.StageDedupe, Filter: article.SubjectIngested, AckWait: dedupeWait},
			{Stream: article.StreamUnique, Name: article.StageEntities, Filter: article.SubjectUnique, AckWait: s.AckWait},
			{Stream: article.StreamTagged, Name: article.StageSummarize, Filter: article.SubjectTagged, AckWait: s.AckWait},
		},
	}
}

// Inputs returns the consumers of a stage.
func (t *Topology) Inputs(stage string) []Consumer {
	var in []Consumer
	for _, c := range t.Consumers {
		if c.Name == stage {
			in = append(in, c)
		}
	}
	return in
}

// StreamOf returns the stream that stores a subject, or "" for none.
func StreamOf(subject string) string {
	switch subject {
	case article.SubjectIngested:
		return article.StreamIngested
	case article.SubjectUnique:
		return article.StreamUnique
	case article.SubjectTagged:
		return article.StreamTagged
	case article.SubjectDecisions:
		return article.StreamDecisions
	case article.SubjectErased:
		return article.StreamErased
	}
	for _, p := range prefixes {
		if len(subject) > len(p.prefix) && subject[:len(p.prefix)] == p.prefix {
			return p.stream
		}
	}
	return ""
}

var prefixes = []struct{ prefix, stream string }{
	{"articles.enriched.", article.StreamEnriched},
	{"articles.duplicate.", article.StreamDuplicate},
	{"articles.dead.", article.StreamDead},
	{"articles.inbox.", article.StreamInbox},
	{"articles.backfill.", article.StreamBackfill},
	{"articles.retry.live.", article.StreamInbox},
	{"articles.retry.backfill.", article.StreamBackfill},
}
