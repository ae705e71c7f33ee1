package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/entity/places"
)

func TestWiderLines(t *testing.T) {
	t.Parallel()
	items := `{"nsi": {
		"brands/shop/supermarket": {"items": [
			{"displayName": "Voss", "tags": {"brand": "Voss", "brand:wikidata": "Q1", "name": "Voss"}, "matchNames": ["voss food"], "locationSet": {"include": ["no"]}},
			{"displayName": "Voss City", "tags": {"brand:wikidata": "Q1", "name": "Voss City"}, "locationSet": {"include": ["no-nordland.geojson"]}},
			{"displayName": "Восс", "tags": {"brand": "Восс", "brand:wikidata": "Q2"}, "locationSet": {"include": ["bg"]}},
			{"displayName": "No id", "tags": {"brand": "No id"}, "locationSet": {"include": ["no"]}}]},
		"operators/amenity/police": {"items": [
			{"displayName": "Norvik Police", "tags": {"operator": "Norvik Police", "operator:wikidata": "Q3"}, "locationSet": {"include": ["no", "se"]}}]},
		"operators/leisure/park": {"items": [
			{"displayName": "Harbour Trust", "tags": {"operator": "Harbour Trust", "operator:wikidata": "Q4"}, "locationSet": {"include": ["001"]}},
			{"displayName": "City of Norvik", "tags": {"operator": "City of Norvik", "operator:wikidata": "Q5"}, "locationSet": {"include": ["no"]}},
			{"displayName": "City of Alden", "tags": {"operator": "City of Alden", "operator:wikidata": "Q6"}, "locationSet": {"include": ["us"]}},
			{"displayName": "Norland", "tags": {"operator": "Norland", "operator:wikidata": "Q7"}, "locationSet": {"include": ["no"]}}]},
		"flags/man_made/flagpole": {"items": [
			{"displayName": "Flag of Norland", "tags": {"flag:wikidata": "Q8"}, "locationSet": {"include": ["no"]}}]}}}`
	labels := `{"wikidata": {
		"Q1": {"label": "Voss", "description": "chain of supermarkets"},
		"Q2": {"label": "Восс", "description": "chain"},
		"Q3": {"label": "Police of Norvik", "description": "municipal police force"},
		"Q4": {"label": "Harbour Trust", "description": "charity in the north"},
		"Q5": {"label": "Norvik", "description": "port city in Nordland, Norway"},
		"Q6": {"label": "Alden", "description": "city in the United States"},
		"Q7": {"label": "Norland", "description": "county in Norway"}}}`
	norway, states := [2]byte{'N', 'O'}, [2]byte{'U', 'S'}
	cities := places.New([]places.Entry{
		{Name: "Norvik", Place: places.Place{Country: norway, Population: 20_000}},
		{Name: "Alden", Place: places.Place{Country: states, Population: 20_000, Lat: 40}},
		{Name: "Alden", Place: places.Place{Country: states, Population: 30_000, Lat: 41}},
	})
	got, err := widerLines([]byte(items), []byte(labels), cities)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{ // one of two Aldens, a county, a flag and what is not in Latin letters are left out
		"organisation\tcompany\tQ1\tNO\t0\tVoss\tVoss City|voss food",
		"organisation\tgovernment\tQ3\t\t0\tPolice of Norvik\tNorvik Police",
		"organisation\tngo\tQ4\t\t0\tHarbour Trust\t",
		"place\tcity\tQ5\tNO\t0\tNorvik\t",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for name, in := range map[string][2]string{"items cut short": {items[:40], labels}, "labels that are a list": {items, "[]"}} {
		if _, err := widerLines([]byte(in[0]), []byte(in[1]), cities); err == nil || !strings.Contains(err.Error(), "read ") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}
