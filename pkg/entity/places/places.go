// Package places knows where cities are. It is made from GeoNames (CC BY 4.0): cities of
// 15,000 people and more and seats of administration, by name, most populous first.
//
// It has no Wikidata ids, which GeoNames does not give. It tells country and position of
// a name that is already known to be a place's.
package places

import (
	"cmp"
	"hash/fnv"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Place is a city under one of its names.
type Place struct {
	// Country is its ISO 3166-1 code, two letters.
	Country [2]byte
	// Other says that the name is one of another language or time, not the one that
	// GeoNames gives first.
	Other bool
	// Population is the number of its people, 0 where unknown.
	Population uint32
	// Lat and Lon are in degrees, WGS 84, to a hundredth: a kilometre.
	Lat, Lon float64
}

// record is a place as it is held: 20 bytes.
type record struct {
	key        uint64
	population uint32
	lat, lon   int16 // hundredths of a degree
	country    [2]byte
	other      bool
}

// Base is a table of places. It is read only and safe for concurrent use.
type Base struct{ records []record }

// Entry is a place to be put into a base.
type Entry struct {
	Name string
	Place
}

// New makes a base. The order of the entries does not matter.
func New(entries []Entry) *Base {
	b := &Base{records: make([]record, 0, len(entries))}
	for _, e := range entries {
		b.records = append(b.records, record{
			key: key(e.Name), population: e.Population, country: e.Country, other: e.Other,
			lat: hundredths(e.Lat), lon: hundredths(e.Lon),
		})
	}
	slices.SortFunc(b.records, func(x, y record) int {
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(y.population, x.population),
			slices.Compare(x.country[:], y.country[:]), cmp.Compare(x.lat, y.lat), cmp.Compare(x.lon, y.lon), order(x.other, y.other))
	})
	b.records = slices.Compact(b.records)
	return b
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Len is the number of names.
func (b *Base) Len() int { return len(b.records) }

// Find appends the places of a name, most populous first. Case, diacritics and what is
// neither letter nor digit do not matter. It allocates nothing for a name in ASCII when
// to has room.
func (b *Base) Find(to []Place, name string) []Place {
	k := key(name)
	i, _ := slices.BinarySearchFunc(b.records, k, func(r record, k uint64) int { return cmp.Compare(r.key, k) })
	for ; i < len(b.records) && b.records[i].key == k; i++ {
		r := &b.records[i]
		to = append(to, Place{Country: r.country, Other: r.other, Population: r.population, Lat: float64(r.lat) / 100, Lon: float64(r.lon) / 100})
	}
	return to
}

func hundredths(degrees float64) int16 {
	if degrees < 0 {
		return int16(degrees*100 - 0.5)
	}
	return int16(degrees*100 + 0.5)
}

// key is the FNV-1a hash of a name's letters and digits in lower case. Among the names
// of a base of this size two meet by chance about once in ten billion bases.
func key(name string) uint64 {
	ascii := true
	for i := range len(name) {
		ascii = ascii && name[i] < utf8.RuneSelf
	}
	if !ascii {
		h := fnv.New64a()
		var buf [utf8.UTFMax]byte
		for _, r := range norm.NFKD.String(name) {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				h.Write(buf[:utf8.EncodeRune(buf[:], unicode.ToLower(r))])
			}
		}
		return h.Sum64()
	}
	h := uint64(14695981039346656037)
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			h = (h ^ uint64(c)) * 1099511628211
		}
	}
	return h
}
