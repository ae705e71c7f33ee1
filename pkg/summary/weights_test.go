package summary

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode_shippedWeights(t *testing.T) {
	t.Parallel()
	w, err := Decode(weightsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(weightsFile, w.Encode()); diff != "" {
		t.Error("the shipped weights are not what they encode to")
	}
	if _, err := NewRanker(w); err != nil {
		t.Error(err)
	}
}

func TestDecode_damage(t *testing.T) {
	t.Parallel()
	w := &Weights{Name: "test/1", Terms: []uint32{3, 9}, Counts: []uint16{1, 2}, Articles: 2, Seen: []uint64{7}}
	w.Text.Trees = []Tree{{{Feature: 1, Left: 1, Value: 2}, {Feature: leaf, Value: 0.5}, {Feature: leaf, Value: -1}}}
	good := w.Encode()
	got, err := Decode(good)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x10
		if _, err := Decode(bad); err == nil {
			t.Errorf("a file with byte %d changed was taken", i)
		}
		if _, err := Decode(good[:i]); err == nil {
			t.Errorf("the first %d bytes were taken for a file", i)
		}
	}
}

func TestNewRanker_badTrees(t *testing.T) {
	t.Parallel()
	for name, tree := range map[string]Tree{
		"no nodes":            {},
		"no such feature":     {{Feature: numFeatures, Left: 1}, {Feature: leaf}, {Feature: leaf}},
		"a way in a circle":   {{Feature: 0, Left: 0}, {Feature: leaf}},
		"a way into the open": {{Feature: 0, Left: 1}, {Feature: leaf}},
	} {
		if _, err := NewRanker(&Weights{Text: Forest{Trees: []Tree{tree}}}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add((&Weights{Name: "test/1"}).Encode())
	f.Fuzz(func(_ *testing.T, b []byte) {
		if w, err := Decode(b); err == nil {
			_, _ = NewRanker(w) // must not panic
		}
	})
}
