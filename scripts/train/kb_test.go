package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/entity/places"
)

func TestParseGeonames(t *testing.T) {
	t.Parallel()
	entries, err := parseGeonames(strings.NewReader(`{"1": {"name": "Ålden", "latitude": 1.5, "longitude": -2, "countrycode": "NO",
		"population": 100000, "alternatenames": ["Alden", "ALD", "alden", "Олден", "Kent"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := places.Place{Country: [2]byte{'N', 'O'}, Population: 100_000, Lat: 1.5, Lon: -2}
	other := p
	other.Other = true
	if d := cmp.Diff([]places.Entry{{Name: "Ålden", Place: p}, {Name: "Alden", Place: other}}, entries); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for name, c := range map[string]struct {
		in   string
		want int // entries, -1 for an error
	}{
		"a small town has one name":           {`{"1":{"name":"Norvik","countrycode":"NO","population":99999,"alternatenames":["Nordvik"]}}`, 1},
		"a state's name is no city's":         {`{"1":{"name":"Texas","countrycode":"MX","population":20000}}`, 0},
		"a country code has two letters":      {`{"1":{"name":"Norvik","countrycode":"NOR"}}`, -1},
		"a position is on the globe":          {`{"1":{"name":"Norvik","countrycode":"NO","latitude":91}}`, -1},
		"what is cut short is no list at all": {`{"1":`, -1},
	} {
		entries, err := parseGeonames(strings.NewReader(c.in))
		if (err != nil) != (c.want < 0) || err == nil && len(entries) != c.want {
			t.Errorf("%s: %d entries, err = %v", name, len(entries), err)
		}
	}
}
