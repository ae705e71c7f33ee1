package schema

import (
	"encoding/json"
	"reflect"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/invopop/jsonschema"
)

// sets are the values of the string types that are closed sets.
var sets = map[reflect.Type][]any{
	reflect.TypeFor[article.Lane]():   {article.Live, article.Backfill},
	reflect.TypeFor[article.Status](): {article.Usable, article.Withheld, article.Canceled},
	reflect.TypeFor[article.Kind](): {
		article.KindArticle, article.KindBrief, article.KindAlert, article.KindLiveBlog, article.KindGallery,
		article.KindListing, article.KindPaywallStub, article.KindDocument, article.KindMail,
	},
	reflect.TypeFor[article.Relation](): {
		article.New, article.Exact, article.Near, article.Excerpt, article.Update, article.Correction, article.Kill,
	},
	reflect.TypeFor[article.EntityType](): {article.Person, article.Organisation, article.Place, article.Other},
	reflect.TypeFor[article.Level]():      {article.Full, article.Rules, article.None},
	reflect.TypeFor[article.Class]():      {article.ClassInput, article.ClassFault},
}

func closedSet(t reflect.Type) *jsonschema.Schema {
	values, ok := sets[t]
	if !ok {
		return nil
	}
	return &jsonschema.Schema{Type: "string", Enum: append([]any(nil), values...)}
}

const (
	itemPattern = "^[a-z2-7]{26}$"
	uriPattern  = "^urn:copydesk:article:[a-z2-7]{26}$"
	blobPattern = "^[A-Za-z0-9_-]+/[^/]+$"
)

// constraints hold what a Go type cannot say, by type and JSON name.
var constraints = map[string]func(*jsonschema.Schema){
	"Article.uri":            pattern(uriPattern),
	"Article.version":        between("1", ""),
	"Article.item":           pattern(itemPattern),
	"Article.published_date": format("date"),
	"Article.text_ref":       pattern(blobPattern),
	"Source.name":            pattern("^[A-Za-z0-9_-]{1,64}$"),
	"Input.sha256":           pattern("^[0-9a-f]{64}$"),
	"Input.bytes":            between("0", ""),
	"Input.index":            between("0", ""),
	"Input.count":            between("1", ""),
	"Input.seq":              between("1", ""),
	"Page.n":                 between("1", ""),
	"Page.start":             between("0", ""),
	"Page.end":               between("0", ""),
	"Wire.urgency":           between("1", "9"),
	"Provenance.confidence":  between("0", "1"),
	"Dedupe.of":              pattern(uriPattern),
	"Dedupe.score":           between("0", "1"),
	"Dedupe.copies":          between("0", ""),
	"Change.op":              oneOf("add", "remove"),
	"Entity.id":              pattern("^(wd:Q[1-9][0-9]*|name:(person|organisation|place|other):.+)$"),
	"Entity.wikidata":        pattern("^Q[1-9][0-9]*$"),
	"Entity.country":         pattern("^[A-Z]{2}$"),
	"Entity.salience":        between("0", "1"),
	"Entity.confidence":      between("0", "1"),
	"Geo.lat":                between("-90", "90"),
	"Geo.lon":                between("-180", "180"),
	"Candidate.wikidata":     pattern("^Q[1-9][0-9]*$"),
	"Mention.start":          between("0", ""),
	"Mention.end":            between("1", ""),
	"Mention.confidence":     between("0", "1"),
	"Quote.start":            between("0", ""),
	"Quote.end":              between("1", ""),
	"Sentence.start":         between("0", ""),
	"Sentence.end":           between("1", ""),
	"Step.ms":                between("0", ""),
	"Step.attempt":           between("1", ""),
	"Dead.item":              pattern(itemPattern),
	"Dead.attempts":          between("0", ""),
	"Dead.blob":              pattern(blobPattern),
	"Origin.seq":             between("0", ""),
	"Origin.index":           between("0", ""),
	"Origin.count":           between("0", ""),
}

func pattern(p string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Pattern = p }
}

func format(f string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Format = f }
}

func oneOf(values ...any) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Enum = values }
}

// between bounds a number; an empty bound is none.
func between(low, high json.Number) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Minimum, s.Maximum = low, high }
}
