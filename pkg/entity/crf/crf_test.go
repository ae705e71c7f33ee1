package crf

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/text"
)

func TestEncode_decodes(t *testing.T) {
	t.Parallel()
	names := []Name{{First: 0, Last: 1, Type: Place}, {First: 1, Last: 4, Type: Person}, {First: 5, Last: 7, Type: Other}}
	labels := make([]Label, 8)
	Encode(labels, names)
	for i := 1; i < len(labels); i++ {
		if !Follows(labels[i-1], labels[i]) {
			t.Errorf("label %d may not follow label %d", labels[i], labels[i-1])
		}
	}
	got := Decode(nil, labels, 10)
	for i := range names {
		names[i].First += 10
		names[i].Last += 10
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Error(diff)
	}
}

// randomScores are scores and moves of a short segment.
func randomScores(r *rand.Rand, n int) ([][Labels]float32, *[Labels][Labels]float32) {
	scores := make([][Labels]float32, n)
	var moves [Labels][Labels]float32
	for i := range scores {
		for j := range scores[i] {
			scores[i][j] = r.Float32()*6 - 3
		}
	}
	for i := range moves {
		for j := range moves[i] {
			moves[i][j] = r.Float32()*4 - 2
		}
	}
	return scores, &moves
}

// everyWay calls f with each way to label a segment and its score.
func everyWay(scores [][Labels]float32, moves *[Labels][Labels]float32, s Segment, f func(labels []Label, score float64)) {
	labels := make([]Label, len(scores))
	var walk func(i int, score float64)
	walk = func(i int, score float64) {
		for l := range Label(Labels) {
			labels[i] = l
			next := score + float64(scores[i][l])
			switch {
			case i > 0 && !Follows(labels[i-1], l), i == 0 && !l.Opens(), i == len(scores)-1 && !l.Closes():
				continue
			case i > 0:
				next += float64(moves[labels[i-1]][l])
			case !s.Open:
				next += float64(moves[Outside][l])
			}
			if i == len(scores)-1 {
				if !s.Shut {
					next += float64(moves[l][Outside])
				}
				f(labels, next)
				continue
			}
			walk(i+1, next)
		}
	}
	walk(0, 0)
}

func TestBest_isTheBestOfAllWays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for n := range 12 {
		n = n%4 + 1
		s := Segment{Last: n, Open: r.IntN(2) == 0, Shut: r.IntN(2) == 0}
		scores, moves := randomScores(r, n)
		best, want := math.Inf(-1), make([]Label, n)
		everyWay(scores, moves, s, func(labels []Label, score float64) {
			if score > best {
				best = score
				copy(want, labels)
			}
		})
		got := make([]Label, n)
		Best(scores, moves, s, make([][Labels]Label, n), got)
		if !slices.Equal(got, want) {
			t.Errorf("%d tokens, %+v: got %v, want %v", n, s, got, want)
		}
	}
}

func TestWeigh_isTheShareOfAllWays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for n := range 9 {
		n = n%3 + 1
		s := Segment{First: 2, Last: 2 + n, Open: r.IntN(2) == 0, Shut: r.IntN(2) == 0}
		scores, moves := randomScores(r, n)
		m := &Model{temper: 0.7}
		m.pass[1].moves = *moves
		m.weighMoves()
		tempered := slices.Clone(scores)
		cooled := *moves
		for i := range tempered {
			for j := range tempered[i] {
				tempered[i][j] *= m.temper
			}
		}
		for i := range cooled {
			for j := range cooled[i] {
				cooled[i][j] *= m.temper
			}
		}
		total := 0.0
		shares := map[Name]float64{}
		everyWay(tempered, &cooled, s, func(labels []Label, score float64) {
			total += math.Exp(score)
			for _, name := range Decode(nil, labels, s.First) {
				shares[name] += math.Exp(score)
			}
		})
		for name, share := range shares {
			tg := &tagger{labels: make([]Label, s.Last)}
			Encode(tg.labels, []Name{name})
			names := []Name{name}
			tg.weigh(m, s, scores, names)
			if got, want := names[0].Probability, share/total; math.Abs(got-want) > 1e-5 {
				t.Errorf("%d tokens, %+v: %+v has %.6f, want %.6f", n, s, name, got, want)
			}
		}
	}
}

func TestText_segments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		text string
		want []Segment
	}{
		{"no capital", "nothing to see here", nil},
		{"a name at the start", "Port Alden is quiet", []Segment{{0, 2, true, false}}},
		{"a gap of two small words", "the Bank of the Isles", []Segment{{1, 5, false, true}}},
		{"a gap of three is too wide", "Brandt is not yet in Cairo", []Segment{{0, 1, true, false}, {5, 6, false, true}}},
		{"two sentences", "The very old head met Brandt. Voss left.", []Segment{{0, 1, true, false}, {5, 6, false, false}, {7, 8, true, false}}},
		{"a free hyphen", "and Kim Jong - un spoke", []Segment{{1, 5, false, false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var x Text
			x.Read(text.Scan(c.text), NewClusters(0))
			if diff := cmp.Diff(c.want, x.Segments()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestText_usedAgainSaysTheSame(t *testing.T) {
	t.Parallel()
	body := text.Scan("“Voss will pay,” said Mira Voss of the Norland Union. The union's well-known head, McAvoy-Vell, left Ålesund. VOSS WINS AGAIN IN NORLAND")
	c := NewClusters(8)
	c.Add(text.WordHash("union"), 77)
	c.Add(text.WordHash("vell"), 78)
	features := func(x *Text) [][]uint32 {
		x.Read(body, c)
		labels := make([]Label, len(body.Tokens))
		Encode(labels, []Name{{First: 1, Last: 2, Type: Person}})
		x.Vote(labels)
		var all [][]uint32
		for i := range body.Tokens {
			all = append(all, x.VoteFeatures(x.Features(nil, i), i))
			if n := len(all[i]); n > MaxFeatures {
				t.Errorf("token %d has %d features", i, n)
			}
		}
		return all
	}
	var fresh, used Text
	used.Read(text.Scan("Another Text with Voss and Union, far longer. It Was Here Before. And it Has Many Names: Brandt, Vell, Alden."), c)
	if diff := cmp.Diff(features(&fresh), features(&used)); diff != "" {
		t.Error(diff)
	}
}

func TestTokenised_isReadAsScanned(t *testing.T) {
	t.Parallel()
	scanned := text.Scan("Mira Voss met Brandt in Cairo on May 5.")
	var forms []string
	for i := range scanned.Tokens {
		forms = append(forms, scanned.Form(i))
	}
	var a, b Text
	a.Read(scanned, NewClusters(0))
	b.Read(Tokenised([][]string{forms}), NewClusters(0))
	for i := range scanned.Tokens {
		if diff := cmp.Diff(a.Features(nil, i), b.Features(nil, i)); diff != "" {
			t.Errorf("token %s: %s", forms[i], diff)
		}
	}
}

func TestClusters(t *testing.T) {
	t.Parallel()
	c := NewClusters(2)
	if !c.Add(text.WordHash("Harbour"), 4095) || c.Add(text.WordHash("harbour"), 1) {
		t.Error("a word is added once")
	}
	if got := c.Of(text.WordHash("HARBOUR")); got != 4095 {
		t.Errorf("cluster %d", got)
	}
	if got := c.Of(text.WordHash("crane")); got != NoCluster {
		t.Errorf("an unknown word is in cluster %d", got)
	}
	if c.Len() != 1 {
		t.Errorf("%d words", c.Len())
	}
}
