package main

import (
	"errors"
	"strings"
	"testing"
)

const scores = `{"stage":"sentences","set":"wsj","metric":"f1","value":0.99,"n":1587}
{"stage":"tokens","set":"all","metric":"f1","value":0.9,"n":3}
`

func TestGate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, floors string
		low          int
		want         string
	}{
		{"a figure at its floor passes", "sentences sentences wsj f1 0.99", 0, "0.9900  ok"},
		{"a figure below it does not", "sentences tokens all f1 0.91 # once 0.93", 1, "0.9100  TOO LOW"},
		{"a missing figure does not", "sentences sentences gum f1 0.5", 1, "missing"},
		{"no floors, no gate", "# none yet\n\n", 0, "stage"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			low, err := gate(&out, c.floors, func(string) ([]byte, error) { return []byte(scores), nil })
			if err != nil {
				t.Fatal(err)
			}
			if low != c.low || !strings.Contains(out.String(), c.want) {
				t.Errorf("%d too low, want %d; %q in\n%s", low, c.low, c.want, out.String())
			}
		})
	}
}

func TestGate_committedFloorsAreReadable(t *testing.T) {
	t.Parallel()
	if floors, err := readFloors(floorsText); err != nil || len(floors) == 0 {
		t.Errorf("%d floors, err = %v", len(floors), err)
	}
}

func TestGate_refuses(t *testing.T) {
	t.Parallel()
	fails := errors.New("no data")
	for name, c := range map[string]struct {
		floors string
		out    string
		err    error
	}{
		"a program that fails":    {"a a b c 1", "", fails},
		"output that is not JSON": {"a a b c 1", "0.99", nil},
		"a floor without a value": {"a b c d", "", nil},
		"a floor that is a word":  {"a b c d high", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := gate(&strings.Builder{}, c.floors, func(string) ([]byte, error) { return []byte(c.out), c.err }); err == nil {
				t.Error("no error")
			}
		})
	}
}
