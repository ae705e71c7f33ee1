package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/copydesk/copydesk/pkg/entity/places"
)

// name-suggestion-index (BSD 3-Clause): names of brands and operators as OpenStreetMap
// should have them, each with its Wikidata id, and what Wikidata (CC0) calls them.
const (
	nsi       = "name-suggestion-index@8.0.20260918"
	nsiFile   = "name-suggestion-index-8.0.20260918.tgz"
	nsiSHA256 = "3ee22f0f0a99528ac9c65a57211575defd968e21fd6374e746bfd02e94422121"
	nsiItems  = "package/dist/json/nsi.min.json"
	nsiLabels = "package/dist/wikidata/wikidata.min.json"
)

// trainWider makes the wider base of names.
func trainWider(dir, out string, cities *places.Base) error {
	archive, err := fetchNSI(dir)
	if err != nil {
		return err
	}
	files, err := unpack(archive, nsiItems, nsiLabels)
	if err != nil {
		return fmt.Errorf("%s: %w", nsi, err)
	}
	lines, err := widerLines(files[nsiItems], files[nsiLabels], cities)
	if err != nil {
		return fmt.Errorf("%s: %w", nsi, err)
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if _, err := io.WriteString(z, l+"\n"); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Printf("%d organisations and cities, %d bytes\n", len(lines), packed.Len())
	return os.WriteFile(out, packed.Bytes(), 0o644)
}

// fetchNSI has npm download the package into a folder, unless it is there, and returns
// it after checking it.
func fetchNSI(dir string) ([]byte, error) {
	file := filepath.Join(dir, nsiFile)
	if _, err := os.Stat(file); err != nil {
		cmd := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, nsi)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("fetch %s: %w", nsi, err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != nsiSHA256 {
		return nil, fmt.Errorf("%s has SHA-256 %x, want %s", file, sum, nsiSHA256)
	}
	return data, nil
}

// unpack returns these files of a packed archive.
func unpack(archive []byte, names ...string) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, h.Name) {
			if files[h.Name], err = io.ReadAll(t); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range names {
		if files[name] == nil {
			return nil, fmt.Errorf("no file %s", name)
		}
	}
	return files, nil
}

// nsiCategory is a kind of brands or operators: "brands/shop/supermarket".
type nsiCategory struct {
	Items []struct {
		DisplayName string            `json:"displayName"`
		Tags        map[string]string `json:"tags"`
		MatchNames  []string          `json:"matchNames"`
		LocationSet struct {
			Include []any `json:"include"`
		} `json:"locationSet"`
	} `json:"items"`
}

// nsiLabel is what Wikidata says of an id.
type nsiLabel struct {
	Label       string `json:"label"`
	Description string `json:"description"`
}

// body is an organisation in the making.
type body struct {
	trees     map[string]bool // "brands", "operators"
	category  string          // "operators/amenity/police"
	countries map[string]bool
	names     map[string]bool
}

// widerLines are the lines of the base, in order.
func widerLines(items, labels []byte, cities *places.Base) ([]string, error) {
	var index struct {
		NSI map[string]nsiCategory `json:"nsi"`
	}
	if err := json.Unmarshal(items, &index); err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	var wikidata struct {
		Wikidata map[string]nsiLabel `json:"wikidata"`
	}
	if err := json.Unmarshal(labels, &wikidata); err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	bodies := bodiesOf(index.NSI)
	var lines []string
	for id, b := range bodies {
		if line := b.line(id, wikidata.Wikidata[id], cities); line != "" {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// namedBy are the tags that hold an organisation's names, by the tag of its id.
var namedBy = map[string][]string{
	"brand:wikidata":    {"brand", "brand:en", "name", "name:en", "official_name", "official_name:en", "alt_name", "short_name"},
	"operator:wikidata": {"operator", "operator:en", "operator:short", "official_name", "short_name"},
}

func bodiesOf(categories map[string]nsiCategory) map[string]*body {
	bodies := map[string]*body{}
	for _, category := range slices.Sorted(maps.Keys(categories)) {
		tree, _, _ := strings.Cut(category, "/")
		if tree != "brands" && tree != "operators" {
			continue // flags, and networks of lines
		}
		for _, item := range categories[category].Items {
			for tag, names := range namedBy {
				id := item.Tags[tag]
				if id == "" {
					continue
				}
				b := bodies[id]
				if b == nil {
					b = &body{category: category, trees: map[string]bool{}, countries: map[string]bool{}, names: map[string]bool{}}
					bodies[id] = b
				}
				b.trees[tree] = true
				for _, place := range item.LocationSet.Include {
					b.countries[countryOf(place)] = true
				}
				for _, name := range names {
					b.names[item.Tags[name]] = true
				}
				if tag == "brand:wikidata" && item.Tags["operator:wikidata"] == "" || tag == "operator:wikidata" && tree == "operators" {
					b.names[item.DisplayName] = true
					for _, name := range item.MatchNames {
						b.names[name] = true
					}
				}
			}
		}
	}
	return bodies
}

var isoCode = regexp.MustCompile(`^[a-z]{2}(-[a-z0-9-]+\.geojson)?$`)

// countryOf is the country of a location ("fr", "fr-idf.geojson"), or "" for any other.
func countryOf(place any) string {
	s, ok := place.(string)
	if !ok || !isoCode.MatchString(s) {
		return ""
	}
	return strings.ToUpper(s[:2])
}

var (
	// ofCity begins the description of a city.
	ofCity = regexp.MustCompile(`^(?:[a-z-]+ )*(?:city|town)(?: and [a-z ]+)? (?:in|of)\b`)
	// ofPlace begins that of other places, which the wider base leaves out.
	ofPlace = regexp.MustCompile(`^(?:[a-z-]+ )*(?:city|town|village|municipality|county|state|province|region|country|district|borough|` +
		`prefecture|commune|comune|oblast|department|territory|island|continent|canton|ward|parish)(?: and [a-z ]+)? (?:in|of)\b`)
	// bodiesAfterAll are descriptions that only begin like those of places.
	bodiesAfterAll = regexp.MustCompile(`school district|park district|fire d|department of|police|utility|water district|transit|state-owned|public`)
)

// kindOf are the categories that tell an organisation's kind.
var kindOf = map[string]string{
	"political_party": "party", "police": "government", "courthouse": "government", "fire_station": "government", "prison": "government",
	"government": "government", "diplomatic": "government", "townhall": "government", "post_office": "company", "military": "military",
	"university": "university", "college": "university", "place_of_worship": "religious", "religion": "religious",
	"union": "union", "ngo": "ngo", "charity": "ngo", "association": "ngo", "foundation": "ngo", "newspaper": "media",
}

// kinds tell the kind of the others from their description.
var kinds = []struct {
	kind string
	says *regexp.Regexp
}{
	{"university", regexp.MustCompile(`(?i)\b(university|college|higher education)\b`)},
	{"military", regexp.MustCompile(`(?i)\b(army|navy|air force|armed forces|military branch)\b`)},
	{"government", regexp.MustCompile(`(?i)\b(ministry|government|agency|authority|police|fire (service|department|brigade)|rescue service|council|municipal|` +
		`department|school district|public body|regulator|directorate|administration|inspectorate|public service|law enforcement|executive)\b`)},
	{"religious", regexp.MustCompile(`(?i)\b(church|diocese|archdiocese|parish|denomination|religious)\b`)},
	{"union", regexp.MustCompile(`(?i)\b(trade union|labou?r union)\b`)},
	{"ngo", regexp.MustCompile(`(?i)\b(charity|charitable|non-profit|nonprofit|ngo|non-governmental|humanitarian|association|foundation)\b`)},
}

// line is a line of the base, or "" for what it leaves out: what has no name in Latin
// letters, and places other than cities.
func (b *body) line(id string, label nsiLabel, cities *places.Base) string {
	country := ""
	if len(b.countries) == 1 {
		for c := range b.countries {
			country = c
		}
	}
	if ofPlace.MatchString(label.Description) && !bodiesAfterAll.MatchString(label.Description) {
		if country == "" || !ofCity.MatchString(label.Description) || !only(cities, label.Label, country) {
			return ""
		}
		return strings.Join([]string{"place", "city", id, country, "0", label.Label, ""}, "\t")
	}
	name := label.Label
	if !latin(name) {
		name = ""
	}
	var others []string
	for _, other := range slices.Sorted(maps.Keys(b.names)) {
		if !latin(other) || other == name {
			continue
		}
		if name == "" && unicode.IsUpper([]rune(other)[0]) {
			name = other
			continue
		}
		others = append(others, other)
	}
	if name == "" {
		return ""
	}
	kind := "company"
	if k := kindOf[path.Base(b.category)]; k != "" {
		kind = k
	} else if b.trees["operators"] {
		for _, k := range kinds {
			if k.says.MatchString(label.Description) {
				kind = k.kind
				break
			}
		}
	}
	return strings.Join([]string{"organisation", kind, id, country, "0", name, strings.Join(others, "|")}, "\t")
}

// latin reports whether a name can stand in the base: it has three letters or more, Latin
// ones only, and nothing that parts the columns of the base.
func latin(name string) bool {
	letters := 0
	for _, r := range name {
		switch {
		case r == '\t' || r == '\n' || r == '|':
			return false
		case unicode.IsLetter(r):
			if !unicode.Is(unicode.Latin, r) {
				return false
			}
			letters++
		}
	}
	return letters >= 3
}

// only reports whether a country has one city of a name.
func only(cities *places.Base, name, country string) bool {
	n := 0
	for _, p := range cities.Find(nil, name) {
		if string(p.Country[:]) == country && !p.Other {
			n++
		}
	}
	return n == 1
}
