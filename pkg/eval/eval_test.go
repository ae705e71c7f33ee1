package eval

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder writes files below a new folder; a name with .gz is packed.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		data := []byte(content)
		if strings.HasSuffix(name, ".gz") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(data)
			z.Close()
			data = b.Bytes()
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func quiet(string, ...any) {}

func TestSentences(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		// Ends: a heading, "Ä.", “B.”, then the last. The heading is not asked for.
		"sentences/plain/docs.jsonl":     `{"id":"1","text":"Top Ä. “B.” C.","ends":[3,6,11,14]}` + "\n",
		"sentences/packed/docs.jsonl.gz": `{"id":"2","text":"One. Two.","ends":[4,9]}` + "\n" + `{"id":"3","text":"Three.","ends":[6]}` + "\n",
	})
	split := func(s string) []int {
		if s == "One. Two." {
			return []int{4, 9}
		}
		return []int{3, 6, 14} // one wrong end, one right, one missed
	}
	got, err := Sentences(dir, split, quiet)
	if err != nil {
		t.Fatal(err)
	}
	want := []Score{
		{"sentences", "plain", "f1", 0.5, 2},
		{"sentences", "plain", "precision", 0.5, 2},
		{"sentences", "plain", "recall", 0.5, 2},
		{"sentences", "packed", "f1", 2.0 / 4, 1},
		{"sentences", "packed", "precision", 1.0 / 3, 1},
		{"sentences", "packed", "recall", 1, 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSentences_ownSplitter(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"sentences/own/docs.jsonl": `{"id":"1","text":"Gen. Müller left. He met the U.S. envoy.","ends":[17,40]}` + "\n",
	})
	got, err := Text(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Value != 1 {
		t.Errorf("scores are %+v", got)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"entities/dev/a.conll":      "-DOCSTART-\tO\n\nHe\tO\ndid\tO\nn't\tO\n.\tO\n\nU.S.\tB-LOC\n",
		"entities/train/b.conll.gz": "Covid\tO\n-\tO\n19\tO\n",
	})
	got, err := Tokens(dir, Tokenise, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var f1 []Score
	for _, s := range got {
		if strings.HasPrefix(s.Metric, "f1") {
			f1 = append(f1, s)
		}
	}
	want := []Score{
		{"tokens", "a", "f1", 1, 5},
		{"tokens", "a", "f1_joined", 1, 5},
		{"tokens", "b", "f1", 1, 3},
		{"tokens", "b", "f1_joined", 0, 3}, // Covid-19 is one token here
		{"tokens", "all", "f1", 1, 8},
	}
	if diff := cmp.Diff(want, f1); diff != "" {
		t.Error(diff)
	}
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tokens, want string }{
		{"He did n't , she said .", "He didn't, she said."},
		{"Egypt 's and the workers ' pay", "Egypt's and the workers' pay"},
		{`" Why ? " asked "`, `"Why?" asked "`},
		{"( about $ 5 ) 12 %", "(about $5) 12%"},
		{"“ Yes , ” he said …", "“Yes,” he said…"},
		{"and / or @ home - made", "and/or @ home - made"},
		{"no ... . yes", "no... . yes"},
	} {
		tokens := strings.Fields(c.tokens)
		got, spans := Rebuild(tokens, false)
		if got != c.want {
			t.Errorf("Rebuild(%s) = %q, want %q", c.tokens, got, c.want)
		}
		for i, s := range spans {
			if cut := string([]rune(got)[s.Start:s.End]); cut != tokens[i] {
				t.Errorf("span %d of %q cuts %q, not %q", i, got, cut, tokens[i])
			}
		}
	}
	if got, _ := Rebuild([]string{"home", "-", "made"}, true); got != "home-made" {
		t.Errorf("joined: %q", got)
	}
}

func TestFind_saysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := Text(filepath.Join(t.TempDir(), "none"), quiet)
	if err == nil || !strings.Contains(err.Error(), "--data must name the folder") {
		t.Errorf("no folder: %v", err)
	}
	dir := folder(t, map[string]string{"sentences/readme.txt": ""})
	_, err = Text(dir, quiet)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "sentences")) || !strings.Contains(err.Error(), "docs.jsonl.gz") {
		t.Errorf("no sets: %v", err)
	}
	dir = folder(t, map[string]string{"sentences/x/docs.jsonl": "{"})
	_, err = Text(dir, quiet)
	if err == nil || !strings.Contains(err.Error(), "docs.jsonl line 1") {
		t.Errorf("broken line: %v", err)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	scores := []Score{{"sentences", "wsj", "f1", 0.9984, 1587}, {"sentences", "wsj", "recall", 1, 1587}, {"tokens", "gum", "f1", 0.5, 2}}
	var b bytes.Buffer
	if err := WriteJSON(&b, scores); err != nil {
		t.Fatal(err)
	}
	want := `{"stage":"sentences","set":"wsj","metric":"f1","value":0.9984,"n":1587}
{"stage":"sentences","set":"wsj","metric":"recall","value":1,"n":1587}
{"stage":"tokens","set":"gum","metric":"f1","value":0.5,"n":2}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := WriteTable(&b, scores); err != nil {
		t.Fatal(err)
	}
	want = `stage      set  n     f1      recall
sentences  wsj  1587  0.9984  1.0000
tokens     gum  2     0.5000  -
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
