package deadletter

import "testing"

func TestSignature_isTheSameForErrorsOfOneCause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want   string
		errors []string
	}{
		{"not JSON from byte N on", []string{"not JSON from byte 31 on", "not JSON from byte 90,112 on"}},
		{`no member "…" in FILE`, []string{`no member "photo.png" in spring.zip`, `no member 'a b' in wire-2.tar.gz`, "no member `x` in y.zip", `no member “x y” in y.zip`}},
		{"open PATH: no such file", []string{"open /var/spool/ap/1.txt: no such file", `open C:\spool\2.txt: no such file`, "open spool/3.txt: no such file"}},
		{"read blob ID: gone", []string{"read blob 9f86d081884c7d65: gone", "read blob 7d444840-9dc0-11d1-b245-5ffdce74fad2: gone", "read blob k3w5q2zt7mbn4xv6pc2rhd5yla: gone"}},
		{"fetch URL no answer", []string{"fetch https://news.example/1 no answer", "fetch nats://10.0.0.7:4222 no answer"}},
		{"after N tries, N s", []string{"after 5 tries, 1.5 s", "after 12 tries, 30 s"}},
		{"PATH: no text", []string{"feed.xml > entry 3: no text", "paper of Monday > The lock closes: no text"}},
		{"it is the sender's, not the desk's", []string{"it is the sender's, not the desk's"}},
		{"the facade decided", []string{"the facade decided"}},
		{"a b", []string{"a \n b", "a  b"}},
	} {
		for _, text := range c.errors {
			if got := Signature(text); got != c.want {
				t.Errorf("Signature(%q) = %q, want %q", text, got, c.want)
			}
		}
	}
}

func TestSignature_keepsCausesApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, text := range []string{
		"a program: send text", "a disk image: send text", "the feed is empty", "not JSON from byte 3 on", "not XML from byte 3 on",
		"undecodable: schema of another version", "the process ended 3 times while it worked on this message",
	} {
		s := Signature(text)
		if was, ok := seen[s]; ok {
			t.Errorf("%q and %q have the same signature %q", was, text, s)
		}
		seen[s] = text
	}
}

func TestLetterSignature_leavesOutWhereInItsFileTheArticleIs(t *testing.T) {
	t.Parallel()
	var groups []string
	for _, text := range []string{"one sunny day.txt: no text", "line 7: no text"} {
		l := Letter{Stage: "ingest", Count: 3, Error: text}
		groups = append(groups, l.Signature())
	}
	if groups[0] != groups[1] {
		t.Errorf("signatures %q of one cause", groups)
	}
}

func FuzzSignature(f *testing.F) {
	f.Add(`"a\"b" /x/y 12`)
	f.Add("\xff\x00 “")
	f.Fuzz(func(t *testing.T, text string) {
		s := Signature(text)
		if n := len([]rune(s)); n > maxSignature {
			t.Errorf("%d characters", n)
		}
		if Signature(text) != s {
			t.Error("not the same twice")
		}
	})
}
