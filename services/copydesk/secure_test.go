package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// secured is a NATS server under a configuration that secure init wrote.
type secured struct {
	dir, url string
	log      *serverLog
}

// serverLog keeps what the server complains of.
type serverLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *serverLog) note(f string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(f, v...))
}

func (l *serverLog) Noticef(string, ...any)    {}
func (l *serverLog) Warnf(f string, v ...any)  { l.note(f, v...) }
func (l *serverLog) Errorf(f string, v ...any) { l.note(f, v...) }
func (l *serverLog) Fatalf(f string, v ...any) { l.note(f, v...) }
func (l *serverLog) Debugf(string, ...any)     {}
func (l *serverLog) Tracef(string, ...any)     {}
func (l *serverLog) violations() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.lines {
		if strings.Contains(s, "Violation") {
			list = append(list, s)
		}
	}
	return list
}

// startSecured writes a configuration by the command and starts a server under it.
func startSecured(t *testing.T, sources ...string) *secured {
	t.Helper()
	s := &secured{dir: t.TempDir(), log: &serverLog{}}
	args := []string{"secure", "init", s.dir, "--nats-listen", "127.0.0.1:-1", "--data", filepath.Join(s.dir, "streams")}
	for _, source := range sources {
		args = append(args, "--source", source)
	}
	out, code := command(t, args...)
	if code != 0 {
		t.Fatalf("secure init: %s", out)
	}
	// The server would look for the certificates in the folder it is started in.
	conf, err := os.ReadFile(filepath.Join(s.dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(s.dir, "here.conf")
	if err := os.WriteFile(here, bytes.ReplaceAll(conf, []byte(`"tls/`), []byte(`"`+s.dir+`/tls/`)), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(here)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoSigs = true
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.SetLoggerV2(s.log, false, false, false)
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not start")
	}
	s.url = srv.ClientURL()
	return s
}

// command runs one command line of copydesk in this process.
func command(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = execute(t.Context(), args, streams{strings.NewReader(""), &out, &out}, func() []string { return nil })
	return out.String(), code
}

func (s *secured) identity(role string) bus.Identity {
	id := bus.Identity{CA: filepath.Join(s.dir, "tls", "ca.pem"), NKey: filepath.Join(s.dir, "keys")}
	if role != "" {
		id.NKey = filepath.Join(id.NKey, role+bus.KeySuffix)
	}
	return id
}

// as runs a command as a user.
func (s *secured) as(t *testing.T, role string, args ...string) (output string, code int) {
	t.Helper()
	id := s.identity(role)
	return command(t, append(args, "--nats", s.url, "--nats-nkey", id.NKey, "--nats-ca", id.CA)...)
}

// client connects as a user.
func (s *secured) client(t *testing.T, role string) *client {
	t.Helper()
	c := &connection{URL: s.url, Identity: s.identity(role)}
	cl, err := c.open(role, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// desk runs stages, each under its own user, and the housekeeping.
func (s *secured) desk(t *testing.T, stages ...string) (stop func()) {
	t.Helper()
	d, err := desk.New(desk.Options{
		Dial: bus.Dial(s.url, s.identity(""), slog.New(slog.DiscardHandler)), Stages: stages, Provision: true,
		// Ages so short that the trimmer has something to do.
		Settings: bus.Settings{Sources: []string{"ap", "mail"}, InboxAge: time.Millisecond, HopAge: time.Millisecond}, StateDir: t.TempDir(),
		HousekeepingInterval: 50 * time.Millisecond, Learning: desk.Learning{Interval: 50 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	return stop
}

// balance waits until everything that was dropped has come to an end, as the operator.
func (s *secured) balance(t *testing.T, files int64) status {
	t.Helper()
	var st status
	desktest.Wait(t, "the ledger to balance", func() bool {
		if v := s.log.violations(); len(v) > 0 {
			slices.Sort(v)
			t.Fatal(strings.Join(slices.Compact(v), "\n"))
		}
		out, code := s.as(t, desk.RoleOperator, "status", "--json")
		if code != 0 {
			// At these ages a file may be trimmed while it is counted.
			t.Logf("status: %s", out)
			return false
		}
		if err := json.Unmarshal([]byte(out), &st); err != nil {
			t.Fatal(err, out)
		}
		return st.Total.Files == files && st.Total.InFlight == 0
	})
	return st
}

// A whole desk whose every part is a user of its own does all of its work, and asks for
// nothing that it is not allowed.
func TestSecured_wholeDesk(t *testing.T) {
	t.Parallel()
	s := startSecured(t, "ap", "mail")
	stop := s.desk(t)
	other := s.desk(t) // one of the two dedupes stands by
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "../../deploy/samples"); code != 0 {
		t.Fatal(out)
	}
	// Files and texts of every size, by every road.
	for i, size := range []int{300 << 10, 800 << 10, 1200 << 10} {
		large := filepath.Join(t.TempDir(), "large.txt")
		if err := os.WriteFile(large, []byte(longText(i, size)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, code := s.as(t, "drop-mail", "drop", "--source", "mail", large); code != 0 {
			t.Fatal(out)
		}
	}
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "--backfill", "../../deploy/samples/06-rail-fares.txt"); code != 0 {
		t.Fatal(out)
	}
	broken := filepath.Join(t.TempDir(), "broken.pdf")
	if err := os.WriteFile(broken, []byte("%PDF-1.7 and nothing else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", broken); code != 0 {
		t.Fatal(out)
	}
	st := s.balance(t, 15)
	if st.Total.Enriched < 9 || st.Total.Duplicate < 2 || st.Total.Dead != 1 {
		t.Errorf("ledger %+v", st.Total)
	}
	out, code := s.as(t, desk.RoleTap, "tap", "--from", "start", "--no-follow")
	if code != 0 || strings.Count(out, "\n") != int(st.Total.Enriched) {
		t.Errorf("tap: %d lines, want %d; exit %d", strings.Count(out, "\n"), st.Total.Enriched, code)
	}
	// The operator looks at everything, and tries the dead letter again.
	for _, args := range [][]string{
		{"dead", "ls"},
		{"dead", "show", "1"},
		{"dead", "retry", "--stage", "ingest"},
		{"trace", broken},
		{"top", "--once"},
		{"doctor"},
		{"override", "set", "entity", "deny", "Region Council"},
	} {
		if out, code := s.as(t, desk.RoleOperator, args...); code != 0 {
			t.Errorf("%s: exit %d: %s", strings.Join(args, " "), code, out)
		}
	}
	desktest.Wait(t, "the retry to fail too", func() bool {
		out, _ := s.as(t, desk.RoleOperator, "dead", "ls", "--flat", "--json")
		return strings.Contains(out, `"retry":1`)
	})
	// Stages that come back look at what they have published.
	stop()
	other()
	s.desk(t)
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "../../deploy/samples/06-rail-fares.txt"); code != 0 {
		t.Fatal(out)
	}
	s.balance(t, 16)
	// The operator erases all of it, large files of both kinds and what comes in again too.
	for _, source := range []string{"mail", "ap"} {
		out, code := s.as(t, desk.RoleOperator, "erase", "--source", source, "--reason", "a test")
		if code != 0 {
			t.Fatal(out)
		}
	}
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "../../deploy/samples/06-rail-fares.txt"); code != 0 {
		t.Fatal(out)
	}
	if st := s.balance(t, 17); st.Total.Dead != 2 {
		t.Errorf("ledger %+v, want the erased file dead", st.Total)
	}
	for _, v := range s.log.violations() {
		t.Error(v)
	}
}

// Who repairs has a key of his own: the operator's only looks.
func TestSecured_repairsAndReplays(t *testing.T) {
	t.Parallel()
	s := startSecured(t, "ap")
	if out, code := s.as(t, desk.RoleProvision, "provision", "--own-bucket", "ap"); code != 0 {
		t.Fatal(out)
	}
	// Nobody works on it, so it has no end to compare; but it can be read.
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "../../deploy/samples/06-rail-fares.txt"); code != 0 {
		t.Fatal(out)
	}
	if out, code := s.as(t, desk.RoleOperator, "replay", "--from", "1h"); code != 0 || !strings.Contains(out, "not compared      1") {
		t.Errorf("replay: exit %d: %s", code, out)
	}
	if err := s.client(t, desk.RoleProvision).js.DeleteConsumer(t.Context(), article.StreamTagged, article.StageSummarize); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		role string
		args []string
		code int
		want string
	}{
		{desk.RoleOperator, []string{"doctor", "--own-bucket", "ap"}, 1, "consumer_missing"},
		{desk.RoleOperator, []string{"doctor", "--repair", "--own-bucket", "ap"}, 1, "this user may not publish to $JS.API."},
		{desk.RoleRepair, []string{"doctor", "--repair", "--own-bucket", "ap"}, 0, "consumer_missing"},
		{desk.RoleOperator, []string{"doctor", "--own-bucket", "ap"}, 0, ""},
	} {
		if out, code := s.as(t, step.role, step.args...); code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("%s as %s: exit %d, want %d and %q in\n%s", strings.Join(step.args, " "), step.role, code, step.code, step.want, out)
		}
	}
}

// longText is an article of about n bytes.
func longText(i, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Assembly of region %d reads its whole budget aloud\n\n", i)
	for p := 0; b.Len() < n; p++ {
		fmt.Fprintf(&b, "The speaker of assembly %d read chapter %d of the budget on Monday, which grants %d crowns to village %d and its school.\n\n", i, p, p*37+i, p*p)
	}
	return b.String()
}

// refusal is what a user must not be able to do.
type refusal struct {
	name string
	role string
	try  func(ctx context.Context, c *client) error
}

func publish(subject string) func(context.Context, *client) error {
	return func(ctx context.Context, c *client) error {
		_, err := c.js.Publish(ctx, subject, []byte("forged"), jetstream.WithRetryAttempts(0))
		return err
	}
}

func request(subject, body string) func(context.Context, *client) error {
	return func(ctx context.Context, c *client) error {
		_, err := c.nc.RequestWithContext(ctx, subject, []byte(body))
		return err
	}
}

func subscribe(subject string) func(context.Context, *client) error {
	return func(ctx context.Context, c *client) error {
		sub, err := c.nc.SubscribeSync(subject)
		if err != nil {
			return err
		}
		_, err = sub.NextMsgWithContext(ctx)
		return err
	}
}

func TestSecured_refuses(t *testing.T) {
	t.Parallel()
	s := startSecured(t, "ap", "mail")
	s.desk(t)
	if out, code := s.as(t, "drop-ap", "drop", "--source", "ap", "../../deploy/samples/06-rail-fares.txt"); code != 0 {
		t.Fatal(out)
	}
	s.balance(t, 1)
	before := s.states(t)
	var tests []refusal
	for _, role := range article.Stages() {
		for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
			if c.Name != role {
				tests = append(tests, refusal{role + " takes the work of " + c.Name + " on " + c.Stream, role, request("$JS.API.CONSUMER.MSG.NEXT."+c.Stream+"."+c.Name, `{"batch":1,"no_wait":true}`)})
				tests = append(tests, refusal{role + " removes the place of " + c.Name + " on " + c.Stream, role, request("$JS.API.CONSUMER.DELETE."+c.Stream+"."+c.Name, "")})
			}
		}
	}
	for _, role := range []string{"ingest", "dedupe", "entities", "summarize", "housekeeping", "door", "tap", "operator", "lookout", "drop-ap"} {
		for _, stream := range []string{article.StreamInbox, article.StreamEnriched, article.StreamDecisions, "KV_copydesk_overrides"} {
			tests = append(tests, refusal{role + " deletes " + stream, role, request("$JS.API.STREAM.DELETE."+stream, "")})
			if role != "housekeeping" {
				tests = append(tests, refusal{role + " purges " + stream, role, request("$JS.API.STREAM.PURGE."+stream, "")})
			}
		}
	}
	for role, subjects := range map[string][]string{
		"ingest":       {article.SubjectDecisions, article.SubjectUnique, article.SubjectTagged, "articles.enriched.en.new.ap", "articles.duplicate.exact.ap", "articles.dead.dedupe", "articles.inbox.ap"},
		"dedupe":       {article.SubjectIngested, article.SubjectTagged, "articles.enriched.en.new.ap", "articles.dead.ingest", "$KV.copydesk_overrides.dedupe.x"},
		"entities":     {article.SubjectIngested, article.SubjectDecisions, article.SubjectUnique, "articles.enriched.en.new.ap", "articles.duplicate.exact.ap", "$KV.copydesk_state.lease.dedupe"},
		"summarize":    {article.SubjectDecisions, article.SubjectUnique, article.SubjectTagged, "articles.duplicate.exact.ap", "$KV.copydesk_state.ledger"},
		"housekeeping": {article.SubjectIngested, article.SubjectDecisions, "articles.enriched.en.new.ap", "articles.inbox.ap"},
		"tap":          {article.SubjectIngested, article.SubjectDecisions, "articles.enriched.en.new.ap", "articles.inbox.ap", "articles.dead.ingest", "$KV.copydesk_overrides.x", "$O.copydesk_blobs.C.x"},
		"operator":     {article.SubjectIngested, article.SubjectDecisions, article.SubjectUnique, article.SubjectTagged, "articles.enriched.en.new.ap", "articles.duplicate.exact.ap"},
		"drop-ap":      {"articles.inbox.mail", "articles.backfill.mail", article.SubjectIngested, article.SubjectDecisions, "$O.copydesk_drop_mail.C.x", "$O.copydesk_blobs.C.x"},
		"lookout":      {article.SubjectIngested, article.SubjectDecisions, "articles.enriched.en.new.ap", "articles.inbox.ap", "$KV.copydesk_state.ledger"},
		"repair":       {article.SubjectIngested, article.SubjectDecisions, "articles.enriched.en.new.ap", "articles.inbox.ap", "$KV.copydesk_state.ledger"},
		"provision":    {article.SubjectIngested, article.SubjectDecisions, "articles.enriched.en.new.ap", "articles.inbox.ap"},
	} {
		for _, subject := range subjects {
			tests = append(tests, refusal{role + " writes to " + subject, role, publish(subject)})
		}
	}
	for _, role := range []string{"drop-ap", "door", "provision"} {
		for _, stream := range []string{article.StreamInbox, article.StreamEnriched, article.StreamDead} {
			tests = append(
				tests,
				refusal{role + " reads a message of " + stream, role, request("$JS.API.DIRECT.GET."+stream, `{"seq":1}`)},
				refusal{role + " reads the last message of " + stream, role, request("$JS.API.STREAM.MSG.GET."+stream, `{"seq":1}`)},
				refusal{role + " reads " + stream, role, request("$JS.API.CONSUMER.CREATE."+stream+".x", `{"stream_name":"`+stream+`","config":{"name":"x","ack_policy":"none"}}`)},
			)
		}
	}
	tests = append(
		tests,
		refusal{"a source reads another's files", "drop-ap", request("$JS.API.DIRECT.GET.OBJ_copydesk_drop_mail.$O.copydesk_drop_mail.M.*", "")},
		refusal{"a subscriber reads the inbox", "tap", request("$JS.API.DIRECT.GET."+article.StreamInbox, `{"seq":1}`)},
		refusal{"a subscriber reads dead letters", "tap", request("$JS.API.DIRECT.GET."+article.StreamDead, `{"seq":1}`)},
		refusal{"entities reads the inbox", "entities", request("$JS.API.DIRECT.GET."+article.StreamInbox, `{"seq":1}`)},
		refusal{"a worker declares a stream", "ingest", request("$JS.API.STREAM.CREATE.MINE", `{"name":"MINE","subjects":["articles.decisions"]}`)},
		refusal{"a worker scans another's dead letters", "entities", request("$JS.API.CONSUMER.CREATE.ARTICLES_DEAD.x.articles.dead.ingest", `{"stream_name":"ARTICLES_DEAD","config":{"name":"x","ack_policy":"none","filter_subject":"articles.dead.ingest"}}`)},
		refusal{"a worker removes a message", "summarize", request("$JS.API.STREAM.MSG.DELETE."+article.StreamEnriched, `{"seq":1}`)},
		refusal{"ingest listens to the inbox as it comes", "ingest", subscribe("articles.inbox.*")},
		refusal{"the lookout listens to what comes out", "lookout", subscribe("articles.>")},
		refusal{"a source listens to what comes out", "drop-ap", subscribe("articles.>")},
		refusal{"a subscriber listens to the answers others get", "tap", subscribe("_INBOX_*.>")},
		refusal{"a worker listens to everything", "entities", subscribe(">")},
	)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := s.client(t, tt.role)
			// The server says no on the connection; whoever waits for an answer gets none.
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- tt.try(ctx, c) }()
			refused := func() bool { return errors.Is(c.nc.LastError(), nats.ErrPermissionViolation) }
			desktest.Wait(t, "a refusal, or an answer", func() bool { return refused() || len(done) > 0 })
			cancel()
			if err := <-done; err == nil || !refused() {
				t.Errorf("got an answer (error %v), want a refusal", err)
			}
		})
	}
	t.Cleanup(func() {
		if after := s.states(t); after != before {
			t.Errorf("the streams have changed:\n%s\nbefore:\n%s", after, before)
		}
	})
}

// states is what is in the streams, as far as it can tell a forgery.
func (s *secured) states(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	c := &connection{URL: s.url, Identity: s.identity(desk.RoleOperator)}
	cl, err := c.open("states", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var b strings.Builder
	for _, row := range bus.NewTopology(bus.Settings{InboxAge: 1, HopAge: 1}).Streams {
		st, err := cl.js.Stream(ctx, row.Name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(&b, row.Name, " ends at ", st.CachedInfo().State.LastSeq)
		if row.Age > time.Hour {
			fmt.Fprint(&b, " and has ", st.CachedInfo().State.Msgs) // the trimmer removes from others
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// A refusal reaches the person as one, and says what was refused.
func TestSecured_saysWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	s := startSecured(t, "ap", "mail")
	s.desk(t)
	tests := []struct {
		name, role string
		args       []string
		want       string
	}{
		{"reading with a sender's key", "drop-ap", []string{"tap", "--from", "start", "--no-follow"}, "not allowed to follow articles.enriched.>: this user may not publish to $JS.API.CONSUMER.CREATE.ARTICLES_ENRICHED"},
		{"another's source", "drop-ap", []string{"drop", "--source", "mail", "../../deploy/samples/06-rail-fares.txt"}, "not allowed to open bucket copydesk_drop_mail"},
		{"dropping with a subscriber's key", "tap", []string{"drop", "--source", "web", "../../deploy/samples/06-rail-fares.txt"}, "this user may not publish to $JS.API."},
		{"a worker that may not declare streams", "entities", []string{"worker", "entities"}, "not allowed to declare stream ARTICLES_INBOX: this user may not publish to $JS.API.STREAM."},
		{"a worker with another's key", "entities", []string{"worker", "summarize", "--provision=false"}, "this user may not publish to $JS.API."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, code := s.as(t, tt.role, tt.args...)
			if code == 0 || !strings.Contains(out, tt.want) {
				t.Errorf("exit %d, want %q in\n%s", code, tt.want, out)
			}
		})
	}
}

// Whoever is not known, or comes in the clear, stays outside.
func TestSecured_strangersStayOutside(t *testing.T) {
	t.Parallel()
	s, other := startSecured(t), startSecured(t)
	for name, id := range map[string]bus.Identity{
		"nobody":          {CA: s.identity("").CA},
		"another's key":   {CA: s.identity("").CA, NKey: other.identity("operator").NKey},
		"another's CA":    {CA: other.identity("").CA, NKey: s.identity("operator").NKey},
		"no CA at all":    {NKey: s.identity("operator").NKey},
		"a token instead": {CA: s.identity("").CA, Token: "open"},
	} {
		nc, err := bus.Dial(s.url, id, slog.New(slog.DiscardHandler))("stranger")
		if err == nil {
			nc.Close()
			t.Errorf("%s: connected", name)
		}
	}
	nc, err := nats.Connect(s.url)
	if err == nil {
		nc.Close()
		t.Error("connected in the clear")
	}
}
