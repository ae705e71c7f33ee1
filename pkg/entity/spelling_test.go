package entity

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/text"
)

// spellings is a line of testdata/spellings.tsv.
type spellings struct {
	typ  article.EntityType
	both [2]string
}

func readSpellings(t *testing.T) []spellings {
	t.Helper()
	tsv, err := os.ReadFile("testdata/spellings.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []spellings
	for line := range strings.Lines(string(tsv)) {
		if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
			all = append(all, spellings{article.EntityType(f[0]), [2]string{f[1], f[2]}})
		}
	}
	return all
}

// idOf is the id of a name that no list knows.
func idOf(typ article.EntityType, name string) string {
	return nameID(typ, spelled(typ, wordsOf(text.Scan(name))))
}

// bearers numbers the people and groups of the list: lines that share a spelling are of
// one.
func bearers(all []spellings) []int {
	of, numbers := map[string]int{}, make([]int, len(all))
	for i, s := range all {
		numbers[i] = i
		for _, name := range s.both {
			if n, ok := of[name]; ok {
				numbers[i] = n
			}
		}
		for _, name := range s.both {
			of[name] = numbers[i]
		}
	}
	return numbers
}

// The least share of the listed pairs that meet under one id, and the most of random
// pairs of different people and groups that do.
const (
	leastJoined     = 0.95
	mostFalseJoined = 0.01
	randomPairs     = 2000
)

func TestSpellings_meetUnderOneID(t *testing.T) {
	t.Parallel()
	all := readSpellings(t)
	if len(all) != 200 {
		t.Fatalf("%d pairs, want 200", len(all))
	}
	joined := 0
	for _, s := range all {
		if a, b := idOf(s.typ, s.both[0]), idOf(s.typ, s.both[1]); a == b {
			joined++
		} else {
			t.Logf("apart: %s / %s (%s, %s)", s.both[0], s.both[1], a, b)
		}
	}
	share := float64(joined) / float64(len(all))
	t.Logf("%d of %d pairs joined: %.1f %%", joined, len(all), 100*share)
	if share < leastJoined {
		t.Errorf("%.3f of the pairs joined, want %.3f", share, leastJoined)
	}
}

func TestSpellings_othersStayApart(t *testing.T) {
	t.Parallel()
	all := readSpellings(t)
	who := bearers(all)
	random := rand.New(rand.NewPCG(1, 2))
	joined := 0
	for n := 0; n < randomPairs; {
		i, j := random.IntN(len(all)), random.IntN(len(all))
		if who[i] == who[j] || all[i].typ != all[j].typ {
			continue
		}
		n++
		a, b := all[i].both[random.IntN(2)], all[j].both[random.IntN(2)]
		if idOf(all[i].typ, a) == idOf(all[j].typ, b) {
			joined++
			t.Logf("joined: %s / %s", a, b)
		}
	}
	t.Logf("%d of %d random pairs joined: %.2f %%", joined, randomPairs, 100*float64(joined)/randomPairs)
	if share := float64(joined) / randomPairs; share > mostFalseJoined {
		t.Errorf("%.4f of the random pairs joined, want at most %.4f", share, mostFalseJoined)
	}
}

// Random pairs are easy. These are people and groups with names nearly alike.
func TestSpellings_namesakesStayApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"Kim Jong Un", "Kim Jong Il"},
		{"Kim Jong Un", "Kim Yo Jong"},
		{"Kim Dae-jung", "Kim Jong-un"},
		{"Lee Myung-bak", "Lee Jae-myung"},
		{"Hassan Nasrallah", "Hassan Rouhani"},
		{"Bashar al-Assad", "Maher al-Assad"},
		{"Hafez al-Assad", "Bashar al-Assad"},
		{"Nouri al-Maliki", "Riyad al-Maliki"},
		{"Mohammed bin Salman", "Mohammed bin Zayed"},
		{"Mohammed bin Salman", "Salman bin Mohammed"},
		{"Khalid bin Salman", "Mohammed bin Salman"},
		{"Saad Hariri", "Rafik Hariri"},
		{"Abdullah Abdullah", "Abdallah Hamdok"},
		{"Vladimir Putin", "Vladimir Medinsky"},
		{"Alexander Lukashenko", "Viktor Lukashenko"},
		{"Yulia Navalnaya", "Alexei Navalny"},
		{"Yulia Tymoshenko", "Yulia Svyrydenko"},
		{"George W. Bush", "Jeb Bush"},
		{"Ali Khamenei", "Ruhollah Khomeini"},
		{"Mojtaba Khamenei", "Ali Khamenei"},
		{"Xi Jinping", "Li Qiang"},
		{"Wang Yi", "Wang Qishan"},
		{"Maria Santos", "Mario Santos"},
		{"Jan Maas", "Jane Mason"},
		{"Ann Reed", "Anne Reid"},
		{"Karl Meier", "Carla Mayer"},
		{"Hans Bauer", "Hana Bower"},
		{"Tom Baker", "Tim Baker"},
		{"Peter Hall", "Petra Hill"},
		{"Ehud Barak", "Ehud Olmert"},
	} {
		if a, b := idOf(article.Person, pair[0]), idOf(article.Person, pair[1]); a == b {
			t.Errorf("%s and %s meet under %s", pair[0], pair[1], a)
		}
	}
}
