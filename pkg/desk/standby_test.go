package desk_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
)

// another starts a second desk with dedupe alone on the bench's server.
func (b *bench) another(t *testing.T, o desk.Options) (d *desk.Desk, stop func()) {
	t.Helper()
	o.Dial, o.Stages, o.Logger = b.Dial, []string{article.StageDedupe}, desktest.Logger(t)
	d, err := desk.New(o)
	if err != nil {
		t.Fatal(err)
	}
	stop = desktest.Run(t, d.Run)
	desktest.Wait(t, "the other desk to start", func() bool { return d.Ready() == nil })
	return d, stop
}

func TestDesk_twoDesksThatBothDecideMissNoCopy(t *testing.T) {
	t.Parallel()
	const n = 60
	o := desk.Options{EveryoneDecides: true}
	b := start(t, o)
	other, _ := b.another(t, o)
	if other.Standing() != "dedupe: active" {
		t.Errorf("the other desk says %q", other.Standing())
	}
	for i := range n {
		// Every second one is the one before it with a sentence more.
		text := fmt.Sprintf("Council of village %[1]d meets\n\nThe council of village number %[1]d met on day %[1]d and spoke of the %[1]dth well. "+
			"Its speaker, Mrs Number%[1]d, said that the water of well %[1]d is %[1]d degrees cold. The village has %[1]d hundred people, "+
			"who drink %[1]d thousand litres a day. They will vote on house %[1]d, road %[1]d and bridge %[1]d.", 1000+i/2)
		b.drop(t, article.Live, text+strings.Repeat(" Nobody else was heard.", i%2))
	}
	if total := b.settled(t, n); total.Dead != 0 || total.Items() != n {
		t.Errorf("ledger %+v, want %d items and none dead", total, n)
	}
	// Each verdict is the one that a single decider would have given who knew the log
	// before it, whoever gave it.
	articles := map[string]*article.Article{}
	relations := map[article.Relation]int{}
	for _, stream := range []string{article.StreamEnriched, article.StreamDuplicate} {
		for _, a := range b.records(t, stream) {
			articles[a.Item] = a
			relations[a.Dedupe.Relation]++
		}
	}
	t.Logf("relations %v", relations)
	index := dedupe.NewIndex(dedupe.Options{})
	_, err := bus.ReadOn(t.Context(), b.Conn, article.StreamDecisions, article.SubjectDecisions, 1, func(m bus.Stored) error {
		for line := range bytes.SplitSeq(m.Data, []byte("\n")) {
			var e dedupe.Entry
			if err := json.Unmarshal(line, &e); err != nil {
				return err
			}
			a := articles[e.Item]
			alone := index.Decide(a, dedupe.Sign(a), nil)
			if diff := cmp.Diff([]any{alone.Relation, alone.Of, alone.Version}, []any{e.Relation, e.Of, e.Version}); diff != "" {
				t.Errorf("decision in message %d (-alone +logged):\n%s", m.Seq, diff)
			}
			index.Add(e, m.Seq)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(articles) != n || relations[article.Near] == 0 {
		t.Errorf("%d articles, %v: want %d and some near copies", len(articles), relations, n)
	}
}

func TestDesk_aStandbyTakesOverWhenTheActiveStops(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Stages: []string{article.StageIngest, article.StageEntities, article.StageSummarize}})
	first, stopFirst := b.another(t, desk.Options{})
	desktest.Wait(t, "the first to decide", first.Active)
	second, _ := b.another(t, desk.Options{})
	if second.Standing() != "dedupe: standby" {
		t.Errorf("the second says %q", second.Standing())
	}
	b.drop(t, article.Live, sample(t, "02-border-talks.txt"))
	b.settled(t, 1)
	stopFirst()
	b.drop(t, article.Live, sample(t, "03-border-talks-again.txt"))
	if total := b.settled(t, 2); total.Enriched != 1 || total.Duplicate != 1 {
		t.Errorf("ledger %+v, want one enriched and one duplicate", total)
	}
	if !second.Active() || first.Active() {
		t.Errorf("the first says %q, the second %q", first.Standing(), second.Standing())
	}
}
