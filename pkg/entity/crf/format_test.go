package crf

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/text"
)

// packed returns random weights of 2^8 hashes, packed with two words in clusters.
func packed(tb testing.TB) ([]byte, *Weights) {
	tb.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	w := &Weights{Bits: 8, Temper: 0.5}
	for p := range w.W {
		w.W[p] = make([]float32, Labels<<w.Bits)
		for range 500 {
			w.W[p][r.IntN(len(w.W[p]))] = r.Float32()*2 - 1
		}
		for i := range w.Moves[p] {
			for j := range w.Moves[p][i] {
				w.Moves[p][i][j] = r.Float32()
			}
		}
	}
	c := NewClusters(2)
	c.Add(text.WordHash("harbour"), 7)
	c.Add(text.WordHash("union"), 4095)
	b, err := Pack(c, w, 0.1, 2)
	if err != nil {
		tb.Fatal(err)
	}
	return b, w
}

func TestPack_isReadBack(t *testing.T) {
	t.Parallel()
	b, w := packed(t)
	m, err := ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Clusters.Of(text.WordHash("union")); got != 4095 || m.Clusters.Len() != 2 {
		t.Errorf("union is in cluster %d of %d words", got, m.Clusters.Len())
	}
	if m.pass[0].moves != w.Moves[0] || m.pass[1].moves != w.Moves[1] || m.temper != w.Temper {
		t.Error("other moves or another temper")
	}
	// The scores of a feature are its weights less that of outside, in steps of 2/127.
	for r := range uint32(1 << w.Bits) {
		for p := range w.W {
			var acc [8]uint64
			m.sum([]uint32{r, r | 1<<30}, &acc) // only the lower bits choose the row
			var got [Labels]float32
			m.pass[p].scores(acc[4*p:4*p+4], 2, &got)
			row := w.W[p][int(r)*Labels:][:Labels]
			for l := range got {
				a, o := row[l], row[Outside]
				if a < 0.1 && a > -0.1 {
					a = 0
				}
				if o < 0.1 && o > -0.1 {
					o = 0
				}
				if d := got[l] - 2*(a-o); d > 0.07 || d < -0.07 {
					t.Fatalf("row %d pass %d label %d scores %.3f, want %.3f", r, p, l, got[l], 2*(a-o))
				}
			}
		}
	}
	again, _ := packed(t)
	if !bytes.Equal(b, again) {
		t.Error("the same weights are packed otherwise the second time")
	}
}

func TestReadModel_refuses(t *testing.T) {
	t.Parallel()
	good, _ := packed(t)
	changed := func(at int, by byte) []byte {
		b := slices.Clone(good)
		b[at] ^= by
		return b
	}
	head := len(head())
	for name, data := range map[string][]byte{
		"nothing":              {},
		"another file":         []byte("PK\x03\x04 and so on, for as long as a header would be and then some more of it"),
		"another format":       changed(len(magic), 1),
		"another tokeniser":    changed(len(magic)+2, 1),
		"other features":       changed(head-1, 1),
		"a damaged checksum":   changed(head, 1),
		"a damaged size":       changed(head+sha256.Size+2, 0x40),
		"a damaged weight":     changed(len(good)-5, 1),
		"a missing end":        good[:len(good)-1],
		"a header and no more": good[:head],
		"something behind it":  append(slices.Clone(good), 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := ReadModel(data); !errors.Is(err, ErrFormat) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// A body whose checksum is right may still be nonsense: taking it apart fails or gives a
// model, and never panics.
func FuzzParse(f *testing.F) {
	_, w := packed(f)
	c := NewClusters(1)
	c.Add(text.WordHash("harbour"), 7)
	good := w.body(c, 0.1, 2)
	f.Add(good.data, uint8(good.rows), uint16(good.weights), uint8(1))
	f.Add(good.data[:2400], uint8(4), uint16(9), uint8(0))
	doc := text.Scan("The harbour Union met Mira Voss in Port Alden.")
	f.Fuzz(func(t *testing.T, data []byte, rows uint8, weights uint16, words uint8) {
		if m, err := parse(data, 8, int(rows), int(weights), int(words)); err == nil {
			m.Names(doc)
		}
	})
}

func TestModel_namesAreInOrder(t *testing.T) {
	t.Parallel()
	b, _ := packed(t)
	m, err := ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	doc := text.Scan("Mira Voss of the Norland Harbour Union met Brandt. “Voss,” said Vell, “LEFT PORT ALDEN ON MONDAY.” It was so.")
	names := m.Names(doc)
	if len(names) == 0 {
		t.Fatal("random weights find nothing")
	}
	last := 0
	for _, n := range names {
		if n.First < last || n.Last <= n.First || n.Last > len(doc.Tokens) || n.Probability <= 0 || n.Probability > 1 {
			t.Errorf("%+v after token %d", n, last)
		}
		last = n.Last
	}
	if diff := cmp.Diff(names, m.Names(doc)); diff != "" {
		t.Error(diff)
	}
}
