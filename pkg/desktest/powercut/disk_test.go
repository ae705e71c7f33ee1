package powercut

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// script runs calls, one a line, and returns the disk. Each call begins and ends at its
// line; "began" before a line's end makes it begin at an earlier one.
//
//	create FD PATH [append] [sync] | trunc FD PATH | mkdir PATH | rename FROM TO | link FROM TO
//	remove PATH | write FD TEXT | at FD OFFSET TEXT | cut FD LENGTH | seek FD OFFSET | sync FD | close FD
func script(t *testing.T, lines ...string) *Disk {
	t.Helper()
	d := NewDisk()
	for i, line := range lines {
		f := strings.Fields(line)
		c := Call{Began: i + 1, Ended: i + 1, Offset: -1}
		for len(f) > 2 && f[len(f)-2] == "began" {
			c.Began = number(t, f[len(f)-1])
			f = f[:len(f)-2]
		}
		switch f[0] {
		case "create", "open", "trunc":
			c.Kind, c.FD, c.Path = Open, number(t, f[1]), f[2]
			c.Flags = Flags{Create: f[0] != "open", Truncate: f[0] == "trunc"}
			for _, flag := range f[3:] {
				c.Flags.Append = c.Flags.Append || flag == "append"
				c.Flags.Sync = c.Flags.Sync || flag == "sync"
			}
		case "mkdir", "remove":
			c.Kind, c.Path = Kind(f[0]), f[1]
		case "rename", "link":
			c.Kind, c.Path, c.To = Kind(f[0]), f[1], f[2]
		case "write":
			c.Kind, c.FD, c.Data = Write, number(t, f[1]), []byte(f[2])
		case "at":
			c.Kind, c.FD, c.Offset, c.Data = Write, number(t, f[1]), int64(number(t, f[2])), []byte(f[3])
		case "cut", "seek":
			c.Kind, c.FD, c.Offset = map[string]Kind{"cut": Truncate, "seek": Seek}[f[0]], number(t, f[1]), int64(number(t, f[2]))
		case "sync", "close":
			c.Kind, c.FD = Kind(f[0]), number(t, f[1])
		default:
			t.Fatalf("what is %q?", line)
		}
		if err := d.Apply(c); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func number(t *testing.T, s string) int {
	t.Helper()
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// text shows an image with folders as "/".
func text(m Image) map[string]string {
	out := map[string]string{}
	for p, b := range m {
		out[p] = string(b)
		if b == nil {
			out[p] = "/"
		}
	}
	return out
}

func TestDisk_keepsWhatItMust(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		calls []string
		want  map[string]string
	}{
		{
			"a write that is not synced is lost, and so is its name",
			[]string{"create 3 a", "write 3 one"},
			map[string]string{},
		},
		{
			"a sync keeps a file, its name and its folder's",
			[]string{"mkdir d", "create 3 d/a", "write 3 one", "sync 3", "write 3 two"},
			map[string]string{"d": "/", "d/a": "one"},
		},
		{
			"a sync does not keep what is written while it lasts",
			[]string{"create 3 a", "write 3 one", "write 3 two", "sync 3 began 3"},
			map[string]string{"a": "one"},
		},
		{
			"a file's first name is kept with what was named before it, which is empty",
			[]string{"create 3 a", "write 3 one", "create 4 b", "write 4 two", "sync 4"},
			map[string]string{"a": "", "b": "two"},
		},
		{
			"what was named after a file's last change is not kept with it",
			[]string{"create 3 a", "write 3 one", "create 4 b", "sync 3"},
			map[string]string{"a": "one"},
		},
		{
			"a rename is lost until something after it is synced",
			[]string{"create 3 a", "write 3 old", "sync 3", "create 4 a.tmp", "write 4 new", "sync 4", "rename a.tmp a"},
			map[string]string{"a": "old", "a.tmp": "new"},
		},
		{
			"a sync of the folder keeps a rename",
			[]string{"create 3 a", "write 3 old", "sync 3", "create 4 a.tmp", "write 4 new", "sync 4", "rename a.tmp a", "open 5 .", "sync 5"},
			map[string]string{"a": "new"},
		},
		{
			"a rename kept before the bytes leaves an empty file",
			[]string{"create 3 a", "write 3 old", "sync 3", "create 4 a.tmp", "write 4 new", "rename a.tmp a", "open 5 .", "sync 5"},
			map[string]string{"a": ""},
		},
		{
			"a write under O_SYNC needs no sync",
			[]string{"create 3 a sync", "write 3 one", "create 4 b", "write 4 two"},
			map[string]string{"a": "one"},
		},
		{
			"a write under O_SYNC keeps no page but its own",
			[]string{"create 3 a", "at 3 9000 old", "create 4 b", "open 5 a sync", "at 5 0 new"},
			map[string]string{"a": "new"},
		},
		{
			"appends go to the end whatever the place",
			[]string{"create 3 a append", "write 3 one", "seek 3 0", "write 3 two", "at 3 1 three", "sync 3"},
			map[string]string{"a": "onetwothree"},
		},
		{
			"writes go on where the last ended",
			[]string{"create 3 a", "write 3 abcdef", "seek 3 1", "write 3 XY", "write 3 Z", "sync 3"},
			map[string]string{"a": "aXYZef"},
		},
		{
			"a hole is zeros",
			[]string{"create 3 a", "at 3 2 x", "sync 3"},
			map[string]string{"a": "\x00\x00x"},
		},
		{
			"a shorter length is lost until it is synced",
			[]string{"create 3 a", "write 3 abcdef", "sync 3", "cut 3 2"},
			map[string]string{"a": "abcdef"},
		},
		{
			"a shorter length is kept with the journal, also when another file is synced",
			[]string{"create 3 a", "write 3 abcdef", "sync 3", "cut 3 2", "create 4 b", "sync 4"},
			map[string]string{"a": "ab", "b": ""},
		},
		{
			"what was cut off does not come back",
			[]string{"create 3 a", "write 3 abcdef", "cut 3 2", "at 3 4 z", "sync 3"},
			map[string]string{"a": "ab\x00\x00z"},
		},
		{
			"a file opened anew with O_TRUNC may be empty, the new bytes not written",
			[]string{"create 3 a", "write 3 old", "sync 3", "trunc 4 a", "write 4 new", "create 5 b", "sync 5"},
			map[string]string{"a": "", "b": ""},
		},
		{
			"a removed file is there until the journal is kept",
			[]string{"create 3 a", "write 3 one", "sync 3", "remove a"},
			map[string]string{"a": "one"},
		},
		{
			"a file removed and made again is another file",
			[]string{"create 3 a", "write 3 old", "sync 3", "remove a", "create 4 a", "write 4 new", "open 5 .", "sync 5"},
			map[string]string{"a": ""},
		},
		{
			"a write to a removed file comes to nothing",
			[]string{"create 3 a", "write 3 old", "sync 3", "remove a", "write 3 new", "sync 3"},
			map[string]string{},
		},
		{
			"a renamed folder takes along what is in it",
			[]string{"mkdir d", "create 3 d/a", "write 3 one", "sync 3", "rename d e", "open 4 .", "sync 4"},
			map[string]string{"e": "/", "e/a": "one"},
		},
		{
			"a second name shows the same bytes",
			[]string{"create 3 a", "link a b", "write 3 one", "sync 3"},
			map[string]string{"a": "one", "b": "one"},
		},
		{
			"a descriptor that is closed may be another file's before the call has ended",
			[]string{"create 3 a", "mkdir d", "create 3 b", "close 3 began 2", "write 3 one", "sync 3"},
			map[string]string{"a": "", "b": "one", "d": "/"},
		},
		{
			"a write over bytes that are there changes no length, so its sync keeps no names",
			[]string{"create 3 a", "write 3 one", "sync 3", "create 4 b", "at 3 0 two", "sync 3"},
			map[string]string{"a": "two"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, text(script(t, c.calls...).Lost())); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// Every outcome that can be is found, and none that cannot.
func TestDisk_tearsWhatItMay(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", page)
	torn := strings.Repeat("n", sector) + strings.Repeat("o", page-sector)
	for _, c := range []struct {
		name  string
		calls []string
		may   []map[string]string
		never func(map[string]string) bool
	}{
		{
			"an unsynced file may be missing, empty or whole",
			[]string{"create 3 a", "write 3 one"},
			[]map[string]string{{}, {"a": ""}, {"a": "one"}},
			func(m map[string]string) bool { return m["a"] != "" && m["a"] != "one" },
		},
		{
			"of two pages the second alone may be written, and the first is zeros then",
			[]string{"create 3 a", "write 3 " + long + "yes", "mkdir d"},
			[]map[string]string{
				{"a": strings.Repeat("\x00", page) + "yes"},
				{"a": long},
				{"a": long + "yes", "d": "/"},
			},
			func(m map[string]string) bool { return m["d"] != "" && m["a"] != "" && len(m["a"])%page%sector > 3 },
		},
		{
			"a page written over may be torn at a sector",
			[]string{"create 3 a", "write 3 " + strings.Repeat("o", page), "sync 3", "at 3 0 " + strings.Repeat("n", page)},
			[]map[string]string{{"a": torn}, {"a": strings.Repeat("o", page)}, {"a": strings.Repeat("n", page)}},
			func(m map[string]string) bool {
				n := strings.Count(m["a"], "n")
				return len(m["a"]) != page || n%sector != 0 || m["a"] != strings.Repeat("n", n)+strings.Repeat("o", page-n)
			},
		},
		{
			"what was synced is never lost",
			[]string{"create 3 a", "write 3 one", "sync 3", "write 3 two", "create 4 b", "cut 4 5"},
			[]map[string]string{{"a": "one"}, {"a": "onetwo"}, {"a": "onetwo", "b": "\x00\x00\x00\x00\x00"}},
			func(m map[string]string) bool { return !strings.HasPrefix(m["a"], "one") },
		},
		{
			"names are lost from the end only",
			[]string{"create 3 a", "create 4 b", "create 5 c"},
			[]map[string]string{{}, {"a": ""}, {"a": "", "b": ""}, {"a": "", "b": "", "c": ""}},
			func(m map[string]string) bool { _, b := m["b"]; _, c := m["c"]; return c && !b },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := script(t, c.calls...)
			found := make([]bool, len(c.may))
			for seed := range uint64(2000) {
				got := text(d.Torn(rand.New(rand.NewPCG(seed, 1))))
				for i, want := range c.may {
					found[i] = found[i] || cmp.Equal(want, got)
				}
				if c.never(got) {
					t.Fatalf("seed %d: %q", seed, got)
				}
			}
			for i, ok := range found {
				if !ok {
					t.Errorf("never %.80q", c.may[i])
				}
			}
		})
	}
}

func TestDisk_seesWhatTheProgramSees(t *testing.T) {
	t.Parallel()
	d := script(t, "create 3 a", "write 3 one", "sync 3", "rename a b", "write 3 two", "mkdir d", "create 4 d/c", "remove d/c")
	if diff := cmp.Diff(map[string]string{"b": "onetwo", "d": "/"}, text(d.Seen())); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	before := text(d.Lost())
	_ = d.Torn(rand.New(rand.NewPCG(1, 1)))
	if diff := cmp.Diff(before, text(d.Lost())); diff != "" {
		t.Errorf("looking changed the disk:\n%s", diff)
	}
}
