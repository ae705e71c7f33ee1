// Package article defines the record that travels through copydesk, its
// identities, the headers it travels under and its JSON form.
//
// One Article is one article found in one inbox file. Every stage reads the
// record, fills its own part and passes it on, so the record has the same shape
// on every hop. Three rules make it safe to read for years:
//
//   - Every field of a completed part is present. An unknown value is null, an
//     empty list is [], and a part whose stage has not run is null. Nothing is
//     guessed.
//   - Change is additive. Decode keeps fields it does not know, at every level,
//     and Encode writes them back.
//   - Offsets (Start, End) are half-open counts of Unicode code points into
//     Text, so that Python slices work as they are. Convert with Offsets.
//
// Times are RFC 3339. The JSON Schema of the record is in Schema.
package article

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// SchemaV1 is the value of Article.Schema in this version of the record.
const SchemaV1 = "copydesk.article/1"

// Unknown holds the fields of a JSON object that this version of the record
// does not define. They survive a decode and an encode unchanged.
type Unknown = jsontext.Value

// Article is the record: one article on its way from inbox to enriched.
type Article struct {
	// Schema names the version of the record, SchemaV1.
	Schema string `json:"schema"`
	// URI identifies the article across its versions. Dedupe alone may replace it.
	URI string `json:"uri"`
	// Version counts the versions of one URI from 1. The highest wins.
	Version int `json:"version"`
	// Item identifies this arrival, never its content. See ItemID.
	Item string `json:"item"`
	// Lane says which inbox the file came through.
	Lane Lane `json:"lane"`
	// Status says whether the article may be used.
	Status Status `json:"status"`
	// Kind is the journalistic form.
	Kind Kind `json:"kind"`

	// Received is when the inbox stored the file. It is the clock of every window.
	Received time.Time `json:"received"`
	Source   Source    `json:"source"`
	Input    Input     `json:"input"`
	Wire     Wire      `json:"wire"`
	Rights   Rights    `json:"rights"`

	Headline *string  `json:"headline"`
	Byline   []string `json:"byline"`
	// Dateline is the place and agency line that opened the text, "CAIRO (AP)".
	Dateline *string `json:"dateline"`
	// Published is set only when both the time and the zone are known.
	Published *time.Time `json:"published"`
	// PublishedDate is the day (YYYY-MM-DD) when no more than the day is known.
	PublishedDate *string `json:"published_date"`
	// PublishedRaw is the literal the publication time was read from.
	PublishedRaw *string    `json:"published_raw"`
	Modified     *time.Time `json:"modified"`
	// Language is a BCP 47 tag, or null when it could not be told.
	Language     *string  `json:"language"`
	CanonicalURL *string  `json:"canonical_url"`
	SiteName     *string  `json:"site_name"`
	Section      *string  `json:"section"`
	Keywords     []string `json:"keywords"`

	// Text is the body: NFC, paragraphs joined by a blank line. It is null when
	// the record would not fit a message; TextRef then says where it is.
	Text *string `json:"text"`
	// TextRef names the blob that holds the text, "<bucket>/<name>".
	TextRef *string `json:"text_ref"`

	// Provenance says for a field, by its JSON name, how its value was found.
	Provenance map[string]Provenance `json:"provenance"`
	Cleaning   Cleaning              `json:"cleaning"`

	Dedupe   *Dedupe      `json:"dedupe"`
	Entities List[Entity] `json:"entities"`
	// EntitiesOverridesRev is the revision of the desk overrides that Entities and Quotes
	// were found under, null for none.
	EntitiesOverridesRev *string     `json:"entities_overrides_rev"`
	Quotes               List[Quote] `json:"quotes"`
	Summary              *Summary    `json:"summary"`
	Coverage             *Coverage   `json:"coverage"`
	// Trace has one step for each stage the record has passed, in order.
	Trace []Step `json:"trace"`

	Unknown Unknown `json:",embed"`
}

// Lane is the inbox a file came through: live news or old material.
type Lane string

// The lanes.
const (
	Live     Lane = "live"
	Backfill Lane = "backfill"
)

// Status says whether an article may be used.
type Status string

// The statuses.
const (
	Usable   Status = "usable"
	Withheld Status = "withheld" // under embargo
	Canceled Status = "canceled" // killed by its sender
)

// Kind is the journalistic form of an article.
type Kind string

// The kinds.
const (
	KindArticle     Kind = "article"
	KindBrief       Kind = "brief"
	KindAlert       Kind = "alert"
	KindLiveBlog    Kind = "live_blog"
	KindGallery     Kind = "gallery"
	KindListing     Kind = "listing"
	KindPaywallStub Kind = "paywall_stub"
	KindDocument    Kind = "document"
	KindMail        Kind = "mail"
)

// Source is who sent or published the article.
type Source struct {
	// Name is the sender's token: the last part of the inbox subject.
	Name string `json:"name"`
	// Domain is the publishing host, without "www.".
	Domain *string `json:"domain"`
	// Family groups the sources of one publisher.
	Family  *string `json:"family"`
	Unknown Unknown `json:",embed"`
}

// Input describes the file the article was found in and its place there.
type Input struct {
	// SHA256 is of the file's bytes as dropped, in lower-case hexadecimal.
	SHA256    string  `json:"sha256"`
	MediaType string  `json:"media_type"`
	Charset   *string `json:"charset"`
	Bytes     int64   `json:"bytes"`
	Filename  *string `json:"filename"`
	URL       *string `json:"url"`
	// Ref echoes the sender's Copydesk-Ref header.
	Ref *string `json:"ref"`
	// Path leads from the file to the article: mail to attachment, zip to member.
	Path []string `json:"path"`
	// Index is the article's place among the Count articles of the file, from 0.
	Index int `json:"index"`
	Count int `json:"count"`
	// Seq is the file's sequence in its inbox stream.
	Seq     uint64  `json:"seq"`
	Pages   []Page  `json:"pages"`
	Unknown Unknown `json:",embed"`
}

// Page is the span of the text that came from page N of a paged document.
type Page struct {
	N       int     `json:"n"`
	Start   int     `json:"start"`
	End     int     `json:"end"`
	Unknown Unknown `json:",embed"`
}

// Wire is what a news agency's own format says about the article.
type Wire struct {
	ProviderID      *string `json:"provider_id"`
	ProviderVersion *string `json:"provider_version"`
	Slugline        *string `json:"slugline"`
	// Urgency is 1 (flash) to 9.
	Urgency  *int     `json:"urgency"`
	EdNote   *string  `json:"ed_note"`
	Subjects []string `json:"subjects"`
	Unknown  Unknown  `json:",embed"`
}

// Rights is what the sender says about use.
type Rights struct {
	EmbargoedUntil *time.Time `json:"embargoed_until"`
	UsageTerms     *string    `json:"usage_terms"`
	Copyright      *string    `json:"copyright"`
	Unknown        Unknown    `json:",embed"`
}

// Provenance says how a field's value was found.
type Provenance struct {
	// Method names the way, such as "json_ld", "meta", "first_line", "declared".
	Method string `json:"method"`
	// Confidence is 0 to 1.
	Confidence   float64       `json:"confidence"`
	Alternatives []Alternative `json:"alternatives"`
	Unknown      Unknown       `json:",embed"`
}

// Alternative is a value that lost against the one in the record.
type Alternative struct {
	Value   string  `json:"value"`
	Method  string  `json:"method"`
	Unknown Unknown `json:",embed"`
}

// Cleaning lists what ingest took out of the text and what it doubts.
type Cleaning struct {
	Removed []Removed `json:"removed"`
	// Warnings are codes of every stage, such as "mixed_charset" or "entities_failed".
	Warnings []string `json:"warnings"`
	// RulesRev is the revision of the learnt boilerplate rules, null for none.
	RulesRev *string `json:"rules_rev"`
	Unknown  Unknown `json:",embed"`
}

// Removed is a line that was taken out, with the rule that did it.
type Removed struct {
	Text    string  `json:"text"`
	Rule    string  `json:"rule"`
	Unknown Unknown `json:",embed"`
}

// Relation is the verdict of dedupe: how an article relates to what was seen.
type Relation string

// The relations. Only Exact and Near stop an article.
const (
	New        Relation = "new"
	Exact      Relation = "exact"
	Near       Relation = "near"
	Excerpt    Relation = "excerpt"
	Update     Relation = "update"
	Correction Relation = "correction"
	Kill       Relation = "kill"
)

// Stops reports whether the article is a copy that goes to articles.duplicate.
func (r Relation) Stops() bool { return r == Exact || r == Near }

// Dedupe is the verdict with its evidence.
type Dedupe struct {
	Relation Relation `json:"relation"`
	// Of is the URI of the article that this one repeats or concerns.
	Of *string `json:"of"`
	// Score is the strength of the match, 0 to 1; null for a new article.
	Score *float64 `json:"score"`
	// Method names the rule that decided, such as "sha256" or "containment".
	Method   string     `json:"method"`
	Evidence []Evidence `json:"evidence"`
	// Copies counts the duplicates of Of known when the verdict was given.
	Copies  int      `json:"copies"`
	Changes []Change `json:"changes"`
	// OverridesRev is the revision of the desk overrides, null for none.
	OverridesRev *string `json:"overrides_rev"`
	Unknown      Unknown `json:",embed"`
}

// Evidence is one measurement behind a verdict.
type Evidence struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unknown Unknown `json:",embed"`
}

// Change is a paragraph added to or removed from the previous version.
type Change struct {
	Op      string  `json:"op"` // add or remove
	Text    string  `json:"text"`
	Unknown Unknown `json:",embed"`
}

// EntityType is the closed set of entity types.
type EntityType string

// The entity types.
const (
	Person       EntityType = "person"
	Organisation EntityType = "organisation"
	Place        EntityType = "place"
	Other        EntityType = "other"
)

// Entity is someone or something named in the article.
type Entity struct {
	// ID is "wd:Q…" when linked, else "name:<type>:<folded name>".
	ID   string     `json:"id"`
	Type EntityType `json:"type"`
	// Kind is finer than Type, such as "country" or "demonym".
	Kind     *string `json:"kind"`
	Name     string  `json:"name"`
	Wikidata *string `json:"wikidata"`
	// Country is an ISO 3166-1 alpha-2 code.
	Country    *string     `json:"country"`
	Geo        *Geo        `json:"geo"`
	Salience   float64     `json:"salience"`
	Confidence float64     `json:"confidence"`
	Candidates []Candidate `json:"candidates"`
	Mentions   []Mention   `json:"mentions"`
	Unknown    Unknown     `json:",embed"`
}

// Geo is a point in degrees, WGS 84.
type Geo struct {
	Lat     float64 `json:"lat"`
	Lon     float64 `json:"lon"`
	Unknown Unknown `json:",embed"`
}

// Candidate is a knowledge-base entry an ambiguous name may stand for.
type Candidate struct {
	Wikidata string  `json:"wikidata"`
	Name     string  `json:"name"`
	Score    float64 `json:"score"`
	Unknown  Unknown `json:",embed"`
}

// Mention is one place where the text names an entity.
type Mention struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
	// Form says how the entity is named here: name, surname, acronym, title, demonym.
	Form       string  `json:"form"`
	Confidence float64 `json:"confidence"`
	Unknown    Unknown `json:",embed"`
}

// Quote is a direct quotation.
type Quote struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
	// Speaker is an Entity.ID, or null when the text does not say.
	Speaker *string `json:"speaker"`
	Verb    *string `json:"verb"`
	Unknown Unknown `json:",embed"`
}

// Summary is the article in short. Every sentence is cut from the text.
type Summary struct {
	OneLine   *string    `json:"one_line"`
	KeyPoints []string   `json:"key_points"`
	Text      string     `json:"text"`
	Sentences []Sentence `json:"sentences"`
	// Delta lists what is new since the previous version, null for a first one.
	Delta   List[string] `json:"delta"`
	Method  string       `json:"method"`
	Model   string       `json:"model"`
	Unknown Unknown      `json:",embed"`
}

// Sentence is a summary sentence and the place in the text it was cut from.
type Sentence struct {
	Text    string  `json:"text"`
	Start   int     `json:"start"`
	End     int     `json:"end"`
	Score   float64 `json:"score"`
	Unknown Unknown `json:",embed"`
}

// Level is what a part can be expected to hold in this language and kind.
type Level string

// The levels of coverage.
const (
	Full  Level = "full"
	Rules Level = "rules"
	None  Level = "none"
)

// Coverage says what can be expected of each part. A level is null until its
// stage has run.
type Coverage struct {
	Entities *Level  `json:"entities"`
	Summary  *Level  `json:"summary"`
	Unknown  Unknown `json:",embed"`
}

// Step is one stage's work on the record.
type Step struct {
	Stage   string    `json:"stage"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// Ms is the time the stage's function took, in milliseconds.
	Ms float64 `json:"ms"`
	// Attempt counts deliveries of the message to the stage from 1.
	Attempt int     `json:"attempt"`
	Unknown Unknown `json:",embed"`
}
