package eval

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/entity/crf"
)

const labelled = "-DOCSTART-\tO\n\nMira\tB-PER\nVoss\tI-PER\nmet\tO\nthe\tO\nNDU\tB-ORG\n.\tO\n\nAlden\tB-LOC\nNorland\tB-LOC\nslept\tO\n.\tO\n\n-DOCSTART-\tO\n\nÄra\tB-MISC\n,\tO\nhe\tO\nsaid\tO\n.\tO\n"

func TestEntities(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"entities/dev/news.conll": labelled})
	tagger := func(d *LabelledDocument) ([]crf.Name, error) {
		if len(d.Sentences) == 1 {
			return []crf.Name{{First: 0, Last: 1, Type: crf.Other}}, nil
		}
		return []crf.Name{
			{First: 0, Last: 2, Type: crf.Person}, // right
			{First: 4, Last: 5, Type: crf.Place},  // of another type
			{First: 6, Last: 8, Type: crf.Place},  // two places as one
		}, nil
	}
	inText := func(s string) []Mention {
		if strings.HasPrefix(s, "Mira Voss met the NDU.\nAlden") {
			return []Mention{{0, 9, "person"}, {18, 21, "organisation"}, {23, 29, "place"}}
		}
		return nil
	}
	scores, err := Entities(dir, tagger, inText, quiet)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Score{}
	for _, s := range scores {
		if s.Set == "news" || s.Set == "news/text" {
			got[strings.TrimPrefix(s.Set, "news")+" "+s.Metric] = s
		}
	}
	want := map[string]float64{
		" f1": 2.0 / 7, " precision": 1.0 / 3, " recall": 1.0 / 4, " f1/person": 1, " f1/organisation": 0, " f1/place": 0, " f1/other": 1,
		"/text f1": 4.0 / 7, "/text f1/organisation": 1, "/text f1/other": 0, // the place ends behind "Alden"
	}
	for k, v := range want {
		if s, ok := got[k]; !ok || s.Value < v-1e-9 || s.Value > v+1e-9 {
			t.Errorf("%s is %v, want %v", k, s.Value, v)
		}
	}
	if n := got[" f1"].N; n != 4 {
		t.Errorf("n = %d", n)
	}
	if s := got["/text tokens_per_core_second"]; s.N != 15 || s.Stage != "entities" {
		t.Errorf("speed is %+v", s)
	}
}

func TestEntities_parts(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 32 {
		fmt.Fprintf(&b, "-DOCSTART-\tO\n\nAlden\tB-LOC\n%d\tO\n\n", i)
	}
	dir := folder(t, map[string]string{"entities/test/ports.conll.gz": b.String()})
	scores, err := Entities(dir, OwnNames, nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, s := range scores {
		if s.Metric == "recall" {
			n[s.Set] = s.N
		}
	}
	if n["ports"] != 32 || n["ports/tune"]+n["ports/report"] != 32 || n["ports/tune"] < 8 || n["ports/report"] < 8 {
		t.Errorf("names by part: %v", n)
	}
}

func TestEntities_refuses(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"entities/dev/x.conll": "Alden B-LOC\n"})
	if _, err := Entities(dir, OwnNames, nil, quiet); err == nil || !strings.Contains(err.Error(), "x.conll line 1") {
		t.Errorf("a line without a tab: %v", err)
	}
	dir = folder(t, map[string]string{"entities/train/x.conll": "Alden\tB-LOC\n"})
	if _, err := Entities(dir, OwnNames, nil, quiet); err == nil || !strings.Contains(err.Error(), "dev/*.conll") {
		t.Errorf("no sets: %v", err)
	}
}

// TestMain lets the test binary be the external tagger of TestSystem.
func TestMain(m *testing.M) {
	if mode := os.Getenv("EVAL_TEST_SYSTEM"); mode != "" {
		if err := answer(mode, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// answer tags every document's first token, by token or by code point.
func answer(mode string, r io.Reader, w io.Writer) error {
	for in := json.NewDecoder(r); ; {
		var doc struct {
			Sentences [][]string
			Text      string
		}
		if err := in.Decode(&doc); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch mode {
		case "names":
			fmt.Fprintln(w, `{"names":[{"start":0,"end":2,"type":"PER"},{"start":0,"end":1,"type":"DATE"}]}`)
		case "mentions":
			end := len([]rune(strings.Join(doc.Sentences[0][:2], " ")))
			fmt.Fprintf(w, `{"mentions":[{"start":0,"end":%d,"type":"person"},{"start":1,"end":2,"type":"place"}]}`+"\n", end)
		default:
			fmt.Fprintln(w, "no JSON")
		}
	}
}

func TestSystem(t *testing.T) {
	doc := &LabelledDocument{Sentences: [][]string{{"Åse", "Voss", "left", "."}}}
	for mode, want := range map[string][]crf.Name{
		"names":    {{First: 0, Last: 2, Type: crf.Person}},
		"mentions": {{First: 0, Last: 2, Type: crf.Person}, {First: -2, Last: 0, Type: crf.Place}},
		"nonsense": nil,
	} {
		t.Run(mode, func(t *testing.T) {
			t.Setenv("EVAL_TEST_SYSTEM", mode)
			s, err := StartSystem(context.Background(), os.Args[0])
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for range 2 {
				got, err := s.Names(doc)
				if (err == nil) != (want != nil) {
					t.Fatalf("err = %v", err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if want == nil {
					return
				}
			}
		})
	}
	if _, err := StartSystem(context.Background(), " "); err == nil {
		t.Error("no command: no error")
	}
}
