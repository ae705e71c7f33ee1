package main

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSBOM(t *testing.T) {
	t.Parallel()
	b := sbomOf(&debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "example.org/desk"},
		Settings: []debug.BuildSetting{{Key: "-tags", Value: "pdfium"}, {Key: "GOOS", Value: "linux"}},
		Deps: []*debug.Module{
			{Path: "example.org/b", Version: "v1.0.0+incompatible", Sum: "h1:bbb="},
			{Path: "example.org/a", Version: "v0.1.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v0.2.0", Sum: "h1:fff="}},
		},
	})
	want := []bomComponent{
		{Ref: "pkg:golang/example.org/b@v1.0.0+incompatible", Type: "library", Name: "example.org/b", Version: "v1.0.0+incompatible", PURL: "pkg:golang/example.org/b@v1.0.0+incompatible", Properties: []bomProperty{{"golang:sum", "h1:bbb="}}},
		{Ref: "pkg:golang/example.org/fork@v0.2.0", Type: "library", Name: "example.org/fork", Version: "v0.2.0", PURL: "pkg:golang/example.org/fork@v0.2.0", Properties: []bomProperty{{"golang:sum", "h1:fff="}}},
		{Ref: "pkg:golang/std@1.26.8", Type: "library", Name: "std", Version: "1.26.8", PURL: "pkg:golang/std@1.26.8"},
	}
	if d := cmp.Diff(want, b.Components); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]bomProperty{{"copydesk:go", "go1.26.8"}, {"copydesk:-tags", "pdfium"}}, b.Metadata.Component.Properties); d != "" {
		t.Error(d)
	}
	if len(b.Dependencies) != 1 || len(b.Dependencies[0].DependsOn) != len(want) || b.Dependencies[0].Ref != b.Metadata.Component.Ref {
		t.Errorf("dependencies %+v", b.Dependencies)
	}
}
