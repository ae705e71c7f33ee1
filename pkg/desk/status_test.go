package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
)

// What is withheld or canceled comes out as that, in each of its versions and copies.
func TestDesk_withheldAndCanceledArticlesAreNeverUsable(t *testing.T) {
	t.Parallel()
	b := start(t, desk.Options{Ordered: true})
	ninjs := func(n int, extra string) string {
		body := strings.Repeat(fmt.Sprintf("The committee of district %d met on Monday to hear what the new ferry costs, and put it off to week %d. ", n, n+30), 3)
		return fmt.Sprintf(`{"uri":"urn:example:ferry:%d","type":"text","version":"1","language":"en","headline":"Ferry committee %d puts off its word","body_text":%q%s}`, n, n, body, extra)
	}
	b.drop(t, article.Live, ninjs(1, ``))
	b.drop(t, article.Live, ninjs(2, `,"embargoed":"2099-01-01T00:00:00Z"`))
	b.drop(t, article.Live, ninjs(3, `,"pubstatus":"withheld"`))
	b.drop(t, article.Live, ninjs(4, `,"pubstatus":"canceled"`))
	b.drop(t, article.Live, ninjs(5, `,"embargoed":"2001-01-01T00:00:00Z"`))
	b.settled(t, 5)
	got := map[string]article.Status{}
	for _, stream := range []string{article.StreamUnique, article.StreamTagged, article.StreamEnriched} {
		clear(got)
		for _, a := range b.records(t, stream) {
			got[*a.Wire.ProviderID] = a.Status
		}
		want := map[string]article.Status{
			"urn:example:ferry:1": article.Usable,
			"urn:example:ferry:2": article.Withheld,
			"urn:example:ferry:3": article.Withheld,
			"urn:example:ferry:4": article.Canceled,
			"urn:example:ferry:5": article.Usable, // the embargo is over
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", stream, d)
		}
	}
}
