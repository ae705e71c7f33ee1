package places

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func city(name, country string, population uint32, lat, lon float64) Entry {
	return Entry{Name: name, Place: Place{Country: [2]byte([]byte(country)), Population: population, Lat: lat, Lon: lon}}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b := New([]Entry{
		city("Alden", "NO", 20_000, 60.5, 5.25), city("Alden", "US", 900_000, -33.01, -70.99), city("São Miro", "BR", 7, -1, -2),
		city("Alden", "NO", 20_000, 60.5, 5.25),
	})
	for name, c := range map[string]struct {
		ask  string
		want []Place
	}{
		"the most populous comes first, and each once": {"Alden", []Place{
			{Country: [2]byte{'U', 'S'}, Population: 900_000, Lat: -33.01, Lon: -70.99},
			{Country: [2]byte{'N', 'O'}, Population: 20_000, Lat: 60.5, Lon: 5.25},
		}},
		"case, accents and hyphens do not matter": {"SAO-MIRO", []Place{{Country: [2]byte{'B', 'R'}, Population: 7, Lat: -1, Lon: -2}}},
		"nothing of this name":                    {"Aldena", nil},
		"no name":                                 {"", nil},
	} {
		if d := cmp.Diff(c.want, b.Find(nil, c.ask)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestRead_returnsWhatWasWritten(t *testing.T) {
	t.Parallel()
	one := New([]Entry{city("Alden", "NO", 20_000, 60.5, -5.25), city("Norvik", "SE", 3, 1, 2)})
	var first, second bytes.Buffer
	if err := one.Write(&first); err != nil {
		t.Fatal(err)
	}
	other := New([]Entry{city("Norvik", "SE", 3, 1, 2), city("Alden", "NO", 20_000, 60.5, -5.25)})
	if err := other.Write(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the order of the entries changes the file")
	}
	got, err := Read(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(one.Find(nil, "Alden"), got.Find(nil, "Alden")); d != "" || got.Len() != 2 {
		t.Errorf("%d names, -want +got:\n%s", got.Len(), d)
	}
	for name, broken := range map[string][]byte{
		"empty":            nil,
		"another version":  append([]byte("CDPLACE\x02"), first.Bytes()[8:]...),
		"cut short":        first.Bytes()[:first.Len()-12],
		"another checksum": append(append([]byte(magic), make([]byte, 32)...), first.Bytes()[40:]...),
	} {
		if _, err := Read(broken); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := New([]Entry{city("Alden", "NO", 20_000, 60.5, 5.25)}).Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if base, err := Read(data); err == nil {
			base.Find(nil, "Alden")
		}
	})
}

func TestCities(t *testing.T) { // not parallel: it counts allocations
	found := Cities().Find(nil, "Oslo")
	if len(found) == 0 || found[0].Country != [2]byte{'N', 'O'} || found[0].Lat != 59.91 || found[0].Lon != 10.75 {
		t.Errorf("Oslo is %v", found)
	}
	if n := Cities().Len(); n < 60_000 {
		t.Errorf("%d names", n)
	}
	if a := testing.AllocsPerRun(100, func() {
		var room [8]Place
		Cities().Find(room[:0], "Oslo")
	}); a > 0 {
		t.Errorf("%v allocations a look-up", a)
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := Read(cities); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	var room [64]Place
	for b.Loop() {
		Cities().Find(room[:0], "Springfield")
	}
}
