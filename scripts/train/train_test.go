package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/entity/crf"
	"github.com/copydesk/copydesk/pkg/text"
)

// corpus is invented news of two patterns that are easily learnt.
func corpus() string {
	var b strings.Builder
	people := strings.Fields("Voss Brandt Vell Obi Tamm Kraal Lunde Moreau")
	places := strings.Fields("Alden Norland Varnes Kestrel Ostrand Meers Tolbay Quill")
	for i := range 64 {
		fmt.Fprint(&b, "-DOCSTART-\tO\n\n")
		fmt.Fprintf(&b, "Minister\tO\nMira\tB-PER\n%s\tI-PER\nspoke\tO\nin\tO\n%s\tB-LOC\n.\tO\n\n", people[i%8], places[i/8])
		fmt.Fprintf(&b, "The\tO\n%s\tB-ORG\nDockers\tI-ORG\nUnion\tI-ORG\nmet\tO\n%s\tB-PER\n.\tO\n\n", places[i/8], people[i%8])
	}
	return b.String()
}

// learnt trains on the invented corpus and returns the packed model.
func learnt(t *testing.T, seed uint64) []byte {
	t.Helper()
	load := func(r recipe) ([]document, error) {
		docs, err := parseCorpus(strings.NewReader(corpus()), conllTypes)
		vary(docs, r.seed)
		return append(docs, headlines(docs, r.seed)...), err
	}
	clusters := crf.NewClusters(4)
	clusters.Add(text.WordHash("union"), 9)
	r := namesRecipe
	r.bits, r.epochs, r.seed, r.members = 14, 3, seed, 2
	w, err := trainMembers(clusters, r, load, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	b, err := crf.Pack(clusters, w, r.prune, r.limit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTrain_givesTheSameBytesAgain(t *testing.T) {
	t.Parallel()
	first := learnt(t, 1)
	if !bytes.Equal(first, learnt(t, 1)) {
		t.Error("the same data and seed gave other bytes")
	}
	if bytes.Equal(first, learnt(t, 2)) {
		t.Error("another seed gave the same bytes: nothing was drawn")
	}
}

func TestTrain_learns(t *testing.T) {
	t.Parallel()
	m, err := crf.ReadModel(learnt(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	doc := text.Scan("Minister Mira Kraal spoke in Meers. The Quill Dockers Union met Obi.")
	var got []string
	for _, n := range m.Names(doc) {
		got = append(got, fmt.Sprint(doc.Text[doc.Tokens[n.First].Start:doc.Tokens[n.Last-1].End], " ", n.Type))
	}
	want := []string{"Mira Kraal 0", "Meers 2", "Quill Dockers Union 1", "Obi 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNormaliseGMB(t *testing.T) {
	t.Parallel()
	countries, demonyms := words("Norland"), words("Norlander")
	s := &sentence{
		forms: strings.Fields("Prime Minister Mira Voss met Norlander envoys from Norland and President Obi ; the President left"),
		names: []crf.Name{
			{First: 0, Last: 4, Type: crf.Person},
			{First: 5, Last: 6, Type: gpe},
			{First: 8, Last: 9, Type: gpe},
			{First: 10, Last: 12, Type: crf.Person},
			{First: 14, Last: 15, Type: crf.Person},
		},
	}
	normaliseGMB(s, countries, demonyms)
	want := []crf.Name{
		{First: 2, Last: 4, Type: crf.Person},
		{First: 5, Last: 6, Type: crf.Other},
		{First: 8, Last: 9, Type: crf.Place},
		{First: 11, Last: 12, Type: crf.Person},
	}
	if diff := cmp.Diff(want, s.names); diff != "" {
		t.Error(diff)
	}
}

func TestCutHyphens_movesTheNames(t *testing.T) {
	t.Parallel()
	s := &sentence{
		forms: strings.Fields("Anti-war Kim Jong-un met Al-Alden - again"),
		names: []crf.Name{{First: 1, Last: 3, Type: crf.Person}, {First: 4, Last: 5, Type: crf.Place}},
	}
	cutHyphens(s)
	want := &sentence{
		forms: strings.Fields("Anti - war Kim Jong - un met Al - Alden - again"),
		names: []crf.Name{{First: 3, Last: 7, Type: crf.Person}, {First: 8, Last: 11, Type: crf.Place}},
	}
	if diff := cmp.Diff(want, s, cmp.AllowUnexported(sentence{})); diff != "" {
		t.Error(diff)
	}
}

func TestReadTeacher(t *testing.T) {
	t.Parallel()
	of := []*sentence{{forms: []string{"Voss", "left"}, weight: 1, names: []crf.Name{{First: 0, Last: 1, Type: crf.Place}}}, {forms: []string{"so", "."}, weight: 1}}
	sum := sha256.Sum256([]byte("Voss left\nso .\n"))
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(s))
		z.Close()
		return b.Bytes()
	}
	names, err := readTeacher(pack(hex.EncodeToString(sum[:])+"\n0-1P\n\n"), of)
	if err != nil {
		t.Fatal(err)
	}
	learnFrom(of, names, 0.5, 1, 1)
	if of[0].weight != 0.5 || len(of[0].names) != 1 || of[0].names[0].Type != crf.Person || of[1].weight != 1 {
		t.Errorf("sentences are %+v %+v", of[0], of[1])
	}
	for name, data := range map[string][]byte{
		"another text":   pack("00\n0-1P\n\n"),
		"too few lines":  pack(hex.EncodeToString(sum[:]) + "\n0-1P\n"),
		"a broken name":  pack(hex.EncodeToString(sum[:]) + "\n0:1P\n\n"),
		"no packed file": []byte("0-1P"),
	} {
		if _, err := readTeacher(data, of); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParseVectors(t *testing.T) {
	t.Parallel()
	hundred := strings.Repeat("0,", 98) + "3,4,9,9" // the norm and the rank follow
	v, err := parseVectors(strings.NewReader(`{"size":2,"words":["b","a","none"],"vectors":{"a":[` + hundred + `],"b":[` + hundred + `]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.words) != 2 || v.words[0] != "b" || v.at[1][98] != 0.6 || v.at[1][99] != 0.8 {
		t.Errorf("vectors are %+v", v)
	}
	if _, err := parseVectors(strings.NewReader(`{"vectors":{"a":[1,2]}}`)); err == nil {
		t.Error("a short vector is accepted")
	}
}

func TestClusterWords_keepsLikeWordsTogether(t *testing.T) {
	t.Parallel()
	v := &vectors{}
	for i := range 256 {
		var x vector
		x[i%2] = 1
		x[2+i/2%90] = 0.01
		v.words, v.at = append(v.words, fmt.Sprint(i)), append(v.at, unit(x))
	}
	ids := clusterWords(v, 1)
	sides := map[uint16]int{}
	for i, id := range ids {
		if side, ok := sides[id>>6]; ok && side != i%2 {
			t.Fatalf("word %d shares cluster %d with the other kind", i, id>>6)
		}
		sides[id>>6] = i % 2
	}
	if diff := cmp.Diff(ids, clusterWords(v, 1)); diff != "" {
		t.Error(diff)
	}
}
