package erase_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/bus"
)

// The page on privacy says of every stream and bucket how long it keeps.
func TestPrivacyPage_hasTheAgesOfTheTopology(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../deploy/docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			rows[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[3])
		}
	}
	topology := bus.NewTopology(bus.Settings{})
	var longest time.Duration
	for _, s := range topology.Streams {
		longest = max(longest, s.Age)
		want := fmt.Sprintf("%d d", s.Age/(24*time.Hour))
		if s.Age%(24*time.Hour) != 0 || s.Age < 7*24*time.Hour {
			want = fmt.Sprintf("%d h", s.Age/time.Hour)
		}
		if rows[s.Name] != want {
			t.Errorf("%s: the page says %q, the topology %q", s.Name, rows[s.Name], want)
		}
	}
	for _, bucket := range []string{bus.BucketState, bus.BucketSources, bus.BucketOverrides} {
		if rows[bucket] == "" {
			t.Errorf("the page does not know %s", bucket)
		}
	}
	for _, bucket := range []string{bus.BucketBlobs, bus.SourceBucket("<source>")} {
		if want := fmt.Sprintf("%d d", 2*longest/(24*time.Hour)); rows[bucket] != want {
			t.Errorf("%s: the page says %q, it is %q", bucket, rows[bucket], want)
		}
	}
}
