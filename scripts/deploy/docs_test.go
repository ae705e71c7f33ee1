package deploy

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/bus"
)

// The shares and ages that sizing.md computes with are the road's.
func TestSizing_computesWithTheRoadsSharesAndAges(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `(ARTICLES_\\w+)`[^|]*\\|[^|]+\\| (\\d+) % \\| (\\d+) (d|h) \\|").FindAllStringSubmatch(string(read(t, "docs/sizing.md")), -1)
	got := map[string]string{}
	for _, m := range rows {
		got[m[1]] = m[2] + " % " + m[3] + " " + m[4]
	}
	for _, s := range bus.NewTopology(bus.Settings{}).Streams {
		days := s.Age / (24 * time.Hour)
		age := fmt.Sprintf("%d h", s.Age/time.Hour)
		if days > 3 {
			age = fmt.Sprintf("%d d", days)
		}
		want := fmt.Sprintf("%d %% %s", s.Share, age)
		if text, ok := got[s.Name]; ok && text != want {
			t.Errorf("sizing.md has %s of %s, the road %s", text, s.Name, want)
		}
	}
	if len(got) != 7 {
		t.Errorf("sizing.md is about %d streams: %v", len(got), got)
	}
}

// Every flag in the documents is a flag of some command, every command one of the
// program's.
func TestDocs_nameFlagsThatExist(t *testing.T) {
	t.Parallel()
	all, err := commands()
	if err != nil {
		t.Fatal(err)
	}
	// Of other programs.
	others := []string{"--build", "--enable-feature", "--no-deps", "--set"}
	words := map[string]bool{}
	flags := map[string]bool{}
	for _, c := range all {
		words[strings.Fields(c.Command + " x")[0]] = true
		for _, f := range c.Flags {
			flags["--"+f.Name] = true
		}
	}
	for _, name := range others {
		flags[name] = true
	}
	for _, name := range []string{"docs/sizing.md", "docs/upgrade.md", "README.md"} {
		text := string(read(t, name))
		for _, flag := range regexp.MustCompile(`--[a-z][a-z-]*[a-z*]`).FindAllString(text, -1) {
			if !flags[flag] && flag != "--keep-*" {
				t.Errorf("%s names %s, which is no flag", name, flag)
			}
		}
		for _, m := range regexp.MustCompile("(?m)(?:^|`)copydesk ([a-z]+)").FindAllStringSubmatch(text, -1) {
			if !words[m[1]] {
				t.Errorf("%s names the command %s, which does not exist", name, m[1])
			}
		}
	}
}
