package desk_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/entity"
)

// override sets an override about entities.
func (b *bench) override(t *testing.T, o entity.Override) {
	t.Helper()
	kv, err := b.JS.KeyValue(t.Context(), bus.BucketOverrides)
	if err != nil {
		t.Fatal(err)
	}
	e := desk.EntityOverride{Override: o}
	key, err := e.Key()
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), key, value); err != nil {
		t.Fatal(err)
	}
}

// Articles go to whichever of two workers is free. None waits for an override to be
// heard of, so some articles may miss it; but what obeys it says so, and what says so
// obeys it.
func TestDesk_overridesReachEveryWorkerWhileItRuns(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{})
	b.run(t, desk.Options{Stages: []string{article.StageEntities}})
	dropped := 0
	drop := func() {
		b.drop(t, article.Live, fmt.Sprintf("Council of village %[1]d meets\n\nThe council of village number %[1]d met on day %[1]d and spoke of the %[1]dth well. "+
			"Its speaker, Mrs Zora Quillan, said that the water of well %[1]d is %[1]d degrees cold, and the people of the Lower Tarn agreed. "+
			"They drink %[1]d thousand litres a day.", 1000+dropped*7))
		dropped++
	}
	drop()
	b.settled(t, dropped)
	b.override(t, entity.Override{Act: entity.New, ID: "wd:Q424242", Type: article.Person, Name: "Zora Quillan"})
	b.override(t, entity.Override{Act: entity.Alias, Name: "the Lower Tarn", ID: "name:place:low-tarn"})
	var tagged []*article.Article
	// Each worker is done with an article in its own time; enough of them and both have
	// heard, and been at work.
	desktest.Wait(t, "an article under both overrides", func() bool {
		for range 8 {
			drop()
		}
		b.settled(t, dropped)
		tagged = b.records(t, article.StreamEnriched)
		return len(tagged) == dropped && !slices.ContainsFunc(tagged[len(tagged)-8:], func(a *article.Article) bool { return revision(a) != revision(tagged[len(tagged)-1]) }) &&
			revision(tagged[len(tagged)-1])[:2] == "2-"
	})
	obeyed := map[string][]string{}
	for _, a := range tagged {
		ids := []string{}
		for _, e := range a.Entities {
			if e.ID == "wd:Q424242" || e.ID == "name:place:low-tarn" {
				ids = append(ids, e.ID)
			}
		}
		slices.Sort(ids)
		rev := revision(a)
		if before, seen := obeyed[rev]; seen && !slices.Equal(before, ids) {
			t.Errorf("under revision %s one article has %v, another %v", rev, before, ids)
		}
		obeyed[rev] = ids
	}
	last := revision(tagged[len(tagged)-1])
	if first := revision(tagged[0]); first != "none" || len(obeyed["none"]) != 0 {
		t.Errorf("before any override the revision is %q with %v, want none", first, obeyed["none"])
	}
	if diff := cmp.Diff([]string{"name:place:low-tarn", "wd:Q424242"}, obeyed[last]); diff != "" {
		t.Errorf("under %s (-want +got):\n%s", last, diff)
	}
}

func revision(a *article.Article) string {
	if a.EntitiesOverridesRev == nil {
		return "none"
	}
	return *a.EntitiesOverridesRev
}
