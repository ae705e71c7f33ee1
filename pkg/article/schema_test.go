package article_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desktest"
)

func TestSchema_acceptsTheGoldenRecord(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/article-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	desktest.ValidateRecord(t, b)
}

// minimal is the least a record can be: ingested, and nothing known.
func minimal() *article.Article {
	item := article.ItemID(time.Unix(0, 0), 1, 0)
	return &article.Article{
		Schema: article.SchemaV1, URI: article.URI(item), Version: 1, Item: item,
		Lane: article.Live, Status: article.Usable, Kind: article.KindArticle,
		Source: article.Source{Name: "cli"},
		Input:  article.Input{SHA256: strings.Repeat("0", 64), MediaType: "text/plain", Count: 1, Seq: 1},
	}
}

func encode(t *testing.T, a *article.Article) []byte {
	t.Helper()
	b, err := article.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSchema_acceptsARecordOfWhichNothingIsKnown(t *testing.T) {
	t.Parallel()
	desktest.ValidateRecord(t, encode(t, minimal()))
}

func TestSchema_acceptsADeadLetter(t *testing.T) {
	t.Parallel()
	for name, input := range map[string][]byte{"of text": []byte("x"), "of other bytes": {0xff}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := article.Dead{
				Schema: article.DeadSchemaV1, Item: article.ItemID(time.Unix(0, 0), 1, 0), Stage: article.StageIngest,
				Class: article.ClassFault, Lane: article.Live,
			}
			d.SetInput(input)
			b, err := d.Encode()
			if err != nil {
				t.Fatal(err)
			}
			desktest.ValidateDead(t, b)
		})
	}
}

func TestSchema_refuses(t *testing.T) {
	t.Parallel()
	whole := string(encode(t, minimal()))
	for name, edit := range map[string][2]string{
		"a missing field":                  {`"headline":null,`, ``},
		"a list that is null":              {`"byline":[]`, `"byline":null`},
		"a relation outside the set":       {`"dedupe":null`, `"dedupe":{"relation":"same","of":null,"score":null,"method":"","evidence":[],"copies":0,"changes":[],"overrides_rev":null}`},
		"a day that is not a day":          {`"published_date":null`, `"published_date":"2026-02-30"`},
		"a time without a zone":            {`"published":null`, `"published":"2026-02-17T12:00:00"`},
		"a missing field in an inner part": {`"domain":null,`, ``},
		"a digest cut short":               {strings.Repeat("0", 64), "00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(whole, edit[0], edit[1], 1)
			if broken == whole {
				t.Fatalf("%q is not in the record", edit[0])
			}
			var r recorder
			desktest.ValidateRecord(&r, []byte(broken))
			if !r.failed {
				t.Errorf("accepted %s", broken)
			}
		})
	}
}

// recorder is a testing.TB that notes failure instead of failing.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed = true }
