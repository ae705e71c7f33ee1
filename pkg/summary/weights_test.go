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
		"five splits deep": {
			{Feature: 0, Left: 1},
			{Feature: leaf},
			{Feature: 0, Left: 3},
			{Feature: leaf},
			{Feature: 0, Left: 5},
			{Feature: leaf},
			{Feature: 0, Left: 7},
			{Feature: leaf},
			{Feature: 0, Left: 9},
			{Feature: leaf},
			{Feature: leaf},
		},
	} {
		if _, err := NewRanker(&Weights{Text: Forest{Trees: []Tree{tree}}}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// Trees are written out in full, so a leaf near the root must be found by every way.
func TestTrees_rate(t *testing.T) {
	t.Parallel()
	trees, err := planted(Forest{Base: 10, Trees: []Tree{
		{{Feature: leaf, Value: 1}},
		{{Feature: 2, Left: 1, Value: 5}, {Feature: leaf, Value: 0.25}, {Feature: 3, Left: 3, Value: -1}, {Feature: leaf, Value: 0.5}, {Feature: leaf, Value: 2}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var low, edge, middle, high features
	edge[2] = 5 // not greater: left
	middle[2], middle[3] = 6, -2
	high[2] = 6
	got := make([]float32, 4)
	trees.rate([]features{low, edge, middle, high}, got)
	if diff := cmp.Diff([]float32{11.25, 11.25, 11.5, 13}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
