package desk

import (
	"slices"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/survey"
)

// The roles beside the stages.
const (
	RoleProvision = "provision" // declares streams, consumers and buckets
	RoleDoor      = "door"      // puts files of any source into the inbox
	RoleTap       = "tap"       // reads what is for subscribers
	RoleOperator  = "operator"  // looks after the desk
	RoleLookout   = "lookout"   // sees the whole desk for the metrics
	RoleRepair    = "repair"    // repairs what copydesk doctor finds
)

// DropRole is the role of a source's sender.
func DropRole(source string) string { return "drop-" + source }

// OwnInbox stands, among the subjects of an Access, for whatever is below the user's own
// inbox prefix.
const OwnInbox = "{inbox}.>"

// Access is what the user of a role may publish to; a subject of Deny not even where
// Publish has it. Everyone may subscribe to his own inboxes, and to nothing else but
// Subscribe: streams are read by asking for their messages.
type Access struct {
	Role          string
	Publish, Deny []string
	Subscribe     []string
}

// Accesses returns what each role of a desk needs and no more, under its topology. It is
// read off the table of stages, so a stage that reads or writes something new needs no
// other word here, unless it asks JetStream something new: the test that runs a whole desk
// under it says so.
func Accesses(t *bus.Topology) []Access {
	var list []Access
	for _, stage := range article.Stages() {
		list = append(list, stageAccess(t, stage))
	}
	list = append(list, housekeepingAccess(t), lookoutAccess(t), provisionAccess(t), repairAccess(t), doorAccess(), tapAccess(t), operatorAccess(t))
	for _, source := range t.Settings.Sources {
		list = append(list, dropAccess(source))
	}
	return list
}

// The streams behind buckets.
func kvStream(bucket string) string     { return "KV_" + bucket }
func objectStream(bucket string) string { return "OBJ_" + bucket }

// grant collects an Access.
type grant struct {
	Access
	t *bus.Topology
}

func (g *grant) done() Access {
	for _, list := range []*[]string{&g.Publish, &g.Deny, &g.Subscribe} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return g.Access
}

func (g *grant) publish(subjects ...string) { g.Publish = append(g.Publish, subjects...) }

// api allows requests to JetStream: names below $JS.API.
func (g *grant) api(requests ...string) {
	for _, r := range requests {
		g.publish("$JS.API." + r)
	}
}

// look allows to ask for the state of a stream.
func (g *grant) look(stream string) { g.api("STREAM.INFO." + stream) }

// scan allows to read a stream, or what of it has a subject, through passing consumers of
// one's own (bus.Scan). The durable consumers on it, which are the stages' places, are
// left alone. A scan asks the stream's leader whether it has seen all, and who may ask
// that may also read single messages by their sequence, whatever their subject.
func (g *grant) scan(stream string, subject ...string) {
	g.passing(stream, subject...)
	for _, c := range g.t.Consumers {
		if c.Stream != stream {
			continue
		}
		for _, r := range []string{"MSG.NEXT.", "DELETE.", "CREATE."} {
			g.Deny = append(g.Deny, "$JS.API.CONSUMER."+r+stream+"."+c.Name)
		}
		g.Deny = append(g.Deny, "$JS.API.CONSUMER.CREATE."+stream+"."+c.Name+".>")
	}
}

// passing allows passing consumers, and does not keep the durable ones from them.
func (g *grant) passing(stream string, subject ...string) {
	g.look(stream)
	g.api("STREAM.MSG.GET." + stream)
	g.api("CONSUMER.INFO."+stream+".*", "CONSUMER.MSG.NEXT."+stream+".*", "CONSUMER.DELETE."+stream+".*")
	if len(subject) == 0 {
		g.api("CONSUMER.CREATE."+stream+".*", "CONSUMER.CREATE."+stream+".*.>")
	}
	for _, s := range subject {
		g.api("CONSUMER.CREATE." + stream + ".*." + s)
	}
}

// fetch allows to read messages of a stream by their sequence (bus.ReadOn, bus.ReadAt).
func (g *grant) fetch(stream string) {
	g.look(stream)
	g.api("DIRECT.GET."+stream, "STREAM.MSG.GET."+stream)
}

// keys allows to read and write keys of a bucket.
func (g *grant) keys(bucket string, keys ...string) {
	g.look(kvStream(bucket))
	for _, key := range keys {
		subject := "$KV." + bucket + "." + key
		g.publish(subject)
		g.api("DIRECT.GET." + kvStream(bucket) + "." + subject)
	}
}

// watch allows to read all of a bucket and to follow it.
func (g *grant) watch(stream string) {
	g.look(stream)
	g.api("DIRECT.GET."+stream, "DIRECT.GET."+stream+".>",
		"CONSUMER.CREATE."+stream+".>", "CONSUMER.INFO."+stream+".*", "CONSUMER.DELETE."+stream+".*")
	g.publish("$JS.FC." + stream + ".>")
}

// blobs allows to read large payloads, and to store them.
func (g *grant) blobs(write bool) {
	g.watch(objectStream(bus.BucketBlobs))
	if write {
		g.publish("$O." + bus.BucketBlobs + ".>")
	}
}

// sourceBlobs allows to read the large files of every source.
func (g *grant) sourceBlobs() {
	for _, source := range g.t.Settings.Sources {
		g.watch(objectStream(bus.SourceBucket(source)))
	}
}

func (g *grant) stream(name string) bus.Stream {
	for _, s := range g.t.Streams {
		if s.Name == name {
			return s
		}
	}
	return bus.Stream{}
}

// stageAccess is a worker's: the words about its input, its outputs, its own dead letters
// and its own notes.
func stageAccess(t *bus.Topology, name string) Access {
	g := &grant{Access: Access{Role: name}, t: t}
	for _, c := range t.Inputs(name) {
		g.fetch(c.Stream)
		g.api("CONSUMER.INFO."+c.Stream+"."+c.Name, "CONSUMER.MSG.NEXT."+c.Stream+"."+c.Name)
		// The server writes acknowledgements in one of two forms (nats-server ADR-15):
		// with and without its domain and the account's hash.
		place := c.Stream + "." + c.Name
		g.publish("$JS.ACK."+place+".>", "$JS.ACK.*.*."+place+".>")
		g.keys(bus.BucketState, "floor."+place)
	}
	g.keys(bus.BucketState, "starts."+name+".>")
	for _, out := range table()[name].outputs {
		g.publish(g.stream(out.Stream).Subjects...)
		g.scan(out.Stream) // to see what it has published before
	}
	g.publish(article.DeadSubject(name))
	g.scan(article.StreamDead, article.DeadSubject(name))
	g.blobs(true)
	switch name {
	case article.StageIngest:
		g.sourceBlobs()
		for _, c := range t.Consumers {
			g.api("CONSUMER.INFO." + c.Stream + "." + c.Name) // backfill waits for all of them
		}
		g.api("DIRECT.GET." + article.StreamInbox + ".articles.inbox.*") // when a source was last heard of
		g.fetch(article.StreamDead)                                      // the letter that a retry answers
		g.watch(kvStream(bus.BucketOverrides))                           // what was erased
		g.watch(kvStream(bus.BucketSources))
		g.publish("$KV." + bus.BucketSources + ".>")
	case article.StageEntities:
		g.watch(kvStream(bus.BucketOverrides))
	case article.StageDedupe:
		g.publish(article.SubjectDecisions)
		g.scan(article.StreamDecisions)
		g.fetch(article.StreamDecisions)
		g.fetch(article.StreamUnique) // texts of earlier versions
		g.watch(kvStream(bus.BucketOverrides))
		g.scan(article.StreamDead) // articles that died after it
		g.keys(bus.BucketState, "floor."+article.StreamDead+"."+name, "lease."+leaseName)
		g.publish(OwnInbox) // whether the holder of the lease is there, and that one is
	}
	return g.done()
}

// housekeepingAccess counts headers and removes what is finished. It alone may remove
// whole stretches of a stream.
func housekeepingAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: Housekeeping}, t: t}
	for _, s := range t.Streams {
		g.scan(s.Name)
		g.fetch(s.Name)
		g.api("CONSUMER.LIST."+s.Name, "STREAM.PURGE."+s.Name)
	}
	// What came in again after it was erased.
	g.blobs(false)
	buckets := []string{objectStream(bus.BucketBlobs)}
	for _, source := range t.Settings.Sources {
		g.watch(objectStream(bus.SourceBucket(source)))
		buckets = append(buckets, objectStream(bus.SourceBucket(source)))
	}
	for _, bucket := range buckets {
		g.scan(bucket)
		g.api("STREAM.MSG.DELETE."+bucket, "STREAM.PURGE."+bucket) // of files that are trimmed
	}
	for _, stream := range []string{article.StreamInbox, article.StreamBackfill, article.StreamIngested} {
		g.api("STREAM.MSG.DELETE." + stream)
	}
	g.keys(bus.BucketState, "ledger", "floor.>")
	g.examine()
	return g.done()
}

// examine allows to look for what can go wrong with streams, consumers and buckets.
func (g *grant) examine() {
	for _, s := range g.t.Streams {
		g.look(s.Name)
		g.api("CONSUMER.LIST." + s.Name)
	}
	for _, c := range g.t.Consumers {
		g.api("CONSUMER.INFO." + c.Stream + "." + c.Name)
	}
	for _, s := range buckets(g.t) {
		g.look(s)
	}
	g.watch(kvStream(bus.BucketState))
}

// lookoutAccess looks at the streams and hears what the server reports of messages.
func lookoutAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: RoleLookout}, t: t}
	g.api("INFO")
	streams, _ := surveyed(t)
	for _, s := range streams {
		g.look(s)
		g.api("CONSUMER.LIST." + s)
	}
	g.Subscribe = survey.Advisories()
	return g.done()
}

// buckets are the streams behind the buckets.
func buckets(t *bus.Topology) []string {
	list := []string{kvStream(bus.BucketState), kvStream(bus.BucketSources), kvStream(bus.BucketOverrides), objectStream(bus.BucketBlobs)}
	for _, source := range t.Settings.Sources {
		list = append(list, objectStream(bus.SourceBucket(source)))
	}
	return list
}

// provisionAccess declares the streams, consumers and buckets. Nobody else may.
func provisionAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: RoleProvision}, t: t}
	g.declare()
	return g.done()
}

// declare allows to make streams, consumers and buckets, and to change their settings.
func (g *grant) declare() {
	g.api("INFO") // what the server can do
	streams := buckets(g.t)
	for _, s := range g.t.Streams {
		streams = append(streams, s.Name)
	}
	for _, s := range streams {
		g.api("STREAM.INFO."+s, "STREAM.CREATE."+s, "STREAM.UPDATE."+s)
	}
	for _, c := range g.t.Consumers {
		place := c.Stream + "." + c.Name
		g.api("CONSUMER.CREATE."+place, "CONSUMER.CREATE."+place+".>", "CONSUMER.INFO."+place, "CONSUMER.DELETE."+place)
	}
}

// repairAccess declares again what is missing, sets stages' places, and forgets what is
// wrongly remembered of them: copydesk doctor --repair.
func repairAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: RoleRepair}, t: t}
	g.declare()
	g.examine()
	for _, s := range t.Streams {
		g.passing(s.Name)
		g.fetch(s.Name)
	}
	for _, c := range t.Consumers {
		g.api("CONSUMER.RESET." + c.Stream + "." + c.Name)
	}
	g.keys(bus.BucketState, "floor.>", "starts.>")
	return g.done()
}

// dropAccess is a sender's of one source: its own inbox subjects and its own bucket.
func dropAccess(source string) Access {
	g := &grant{Access: Access{Role: DropRole(source)}}
	g.publish(article.InboxSubject(article.Live, source), article.InboxSubject(article.Backfill, source))
	g.look(article.StreamInbox) // when it was made is part of an item's identity
	g.look(article.StreamBackfill)
	bucket := bus.SourceBucket(source)
	g.publish("$O." + bucket + ".>")
	g.look(objectStream(bucket))
	g.api("DIRECT.GET." + objectStream(bucket) + ".>")
	return g.done()
}

// doorAccess is the HTTP door's, which lets in whoever has its token.
func doorAccess() Access {
	g := &grant{Access: Access{Role: RoleDoor}}
	g.publish(article.InboxSubject(article.Live, "*"), article.InboxSubject(article.Backfill, "*"))
	g.look(article.StreamInbox)
	g.look(article.StreamBackfill)
	g.publish("$O." + bus.BucketBlobs + ".>")
	g.look(objectStream(bus.BucketBlobs))
	g.api("DIRECT.GET." + objectStream(bus.BucketBlobs) + ".>")
	return g.done()
}

// tapAccess reads what is for subscribers, and the texts that are too large for a record.
func tapAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: RoleTap}, t: t}
	for _, s := range []string{article.StreamEnriched, article.StreamDuplicate, article.StreamUnique, article.StreamErased} {
		g.scan(s)
		g.fetch(s)
	}
	g.blobs(false)
	return g.done()
}

// operatorAccess looks at everything, sets overrides, drops files again and removes single
// messages and blobs; what comes of the files is the stages' to say.
func operatorAccess(t *bus.Topology) Access {
	g := &grant{Access: Access{Role: RoleOperator}, t: t}
	for _, s := range t.Streams {
		g.scan(s.Name)
		g.fetch(s.Name)
		g.api("CONSUMER.LIST."+s.Name, "STREAM.MSG.DELETE."+s.Name)
	}
	for _, bucket := range []string{bus.BucketState, bus.BucketSources, bus.BucketOverrides} {
		g.watch(kvStream(bucket))
	}
	g.publish("$KV."+bus.BucketOverrides+".>", article.SubjectErased)
	g.keys(bus.BucketState, "ledger", "retried")       // counts what is about to be removed; that there are retries
	g.publish("$KV." + bus.BucketSources + ".edges.*") // to forget what was learnt
	buckets := []string{objectStream(bus.BucketBlobs)}
	for _, source := range t.Settings.Sources {
		buckets = append(buckets, objectStream(bus.SourceBucket(source)))
	}
	for _, stream := range buckets {
		g.scan(stream)
		g.api("STREAM.MSG.DELETE." + stream)
	}
	g.examine()
	g.publish(article.InboxSubject(article.Live, "*"), article.InboxSubject(article.Backfill, "*"), "articles.retry.>")
	g.blobs(true)
	g.sourceBlobs()
	return g.done()
}
