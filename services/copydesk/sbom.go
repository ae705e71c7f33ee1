package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/run"
)

// bom is a bill of materials: CycloneDX 1.6, as far as what the linker knows goes.
type bom struct {
	Format       string         `json:"bomFormat"`
	Spec         string         `json:"specVersion"`
	Version      int            `json:"version"`
	Metadata     bomMetadata    `json:"metadata"`
	Components   []bomComponent `json:"components"`
	Dependencies []bomDepends   `json:"dependencies"`
}

type bomMetadata struct {
	Timestamp string       `json:"timestamp,omitempty"` // of the source, not of the question
	Component bomComponent `json:"component"`
}

type bomComponent struct {
	Ref        string        `json:"bom-ref"`
	Type       string        `json:"type"`
	Name       string        `json:"name"`
	Version    string        `json:"version"`
	PURL       string        `json:"purl"`
	Properties []bomProperty `json:"properties,omitempty"`
}

type bomProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type bomDepends struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// writeSBOM writes what this binary is made of.
func writeSBOM(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("bill of materials: this binary was built without module information")
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(sbomOf(info))
}

func sbomOf(info *debug.BuildInfo) bom {
	build := run.BuildInfo()
	main := component(&debug.Module{Path: info.Main.Path, Version: build.Version}, "application")
	main.Properties = append(main.Properties, bomProperty{"copydesk:go", info.GoVersion})
	for _, s := range info.Settings {
		if s.Key == "-tags" || s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			main.Properties = append(main.Properties, bomProperty{"copydesk:" + s.Key, s.Value})
		}
	}
	b := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: bomMetadata{Timestamp: build.Time, Component: main}, Components: []bomComponent{}}
	needs := bomDepends{Ref: main.Ref, DependsOn: []string{}}
	add := func(c bomComponent) {
		b.Components = append(b.Components, c)
		needs.DependsOn = append(needs.DependsOn, c.Ref)
	}
	add(component(&debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}, "library"))
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		add(component(m, "library"))
	}
	slices.SortFunc(b.Components, func(x, y bomComponent) int { return strings.Compare(x.Ref, y.Ref) })
	slices.Sort(needs.DependsOn)
	b.Dependencies = []bomDepends{needs}
	return b
}

// component describes a module. Its sum is Go's own, of all its files, and no digest of an
// archive, so it is a property and not a hash.
func component(m *debug.Module, kind string) bomComponent {
	purl := fmt.Sprintf("pkg:golang/%s@%s", m.Path, url.PathEscape(m.Version))
	c := bomComponent{Ref: purl, Type: kind, Name: m.Path, Version: m.Version, PURL: purl}
	if m.Sum != "" {
		c.Properties = []bomProperty{{"golang:sum", m.Sum}}
	}
	return c
}
