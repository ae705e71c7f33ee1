package entity

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/copydesk/copydesk/pkg/article"
)

// Act is what an override of the desk does.
type Act string

// The acts.
const (
	// Deny says that a name is no entity.
	Deny Act = "deny"
	// Alias says that a spelling means an entity.
	Alias Act = "alias"
	// Merge says that one entity is another from now on.
	Merge Act = "merge"
	// New enters an entity, or says better what a known one is.
	New Act = "new"
)

// Acts are all acts.
func Acts() []Act { return []Act{Deny, Alias, Merge, New} }

// Override is the desk's word on a name or an entity. Which fields count depends on Act;
// any other must be empty.
//
// A name is compared as the gazetteer's are: by its folded words, so that "Müller" and
// "Muller" are one, in the text's own order and without anything between. A deny takes
// the name in any case; an alias and a new entity are found where the text has capitals
// as the name does, a heading in capitals included, or in any case with AnyCase.
type Override struct {
	Act Act `json:"act"`
	// Name is the spelling (deny, alias), or the entity's name (new).
	Name string `json:"name,omitempty"`
	// Type of the entity (new). For a deny and an alias, which names are meant: those the
	// tagger finds to be of this type; empty for all. A typed alias finds no name itself.
	Type article.EntityType `json:"type,omitempty"`
	// Source has a deny hold in the articles of one source only. Empty for all.
	Source string `json:"source,omitempty"`
	// AnyCase finds an alias, or a new entity, however it is capitalised.
	AnyCase bool `json:"any_case,omitempty"`
	// ID is the entity meant (alias), or entered (new), or that is another (merge):
	// "wd:Q…" or "name:<type>:<folded name>".
	ID string `json:"id,omitempty"`
	// Into is the entity that ID is (merge).
	Into string `json:"into,omitempty"`
	// Kind, Country (ISO 3166-1 alpha-2), Geo and other names of a new entity.
	Kind    string   `json:"kind,omitempty"`
	Country string   `json:"country,omitempty"`
	Geo     *Point   `json:"geo,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
}

// Point is a position in degrees, WGS 84.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// The bounds of overrides. They keep what a mistaken script writes from slowing every
// worker; no desk decides more by hand.
const (
	// MaxOverrides is how many hold together. Of more, those with the first keys do.
	MaxOverrides = 20_000
	// MaxAliases is how many other names a new entity may have.
	MaxAliases = 50
	// maxNameRunes and maxNameUnits bound a name in code points and in words.
	maxNameRunes = 200
	maxNameUnits = 12
	// maxKindBytes bounds the kind of a new entity, maxIDBytes an id.
	maxKindBytes = 40
	maxIDBytes   = 300
)

var (
	wikidataID = regexp.MustCompile(`^wd:Q[1-9][0-9]{0,11}$`)
	spelledID  = regexp.MustCompile(`^name:(person|organisation|place|other):[\p{Ll}\p{Lo}\p{M}\p{N}]+(-[\p{Ll}\p{Lo}\p{M}\p{N}]+)*$`)
	kindWord   = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	countryISO = regexp.MustCompile(`^[A-Z]{2}$`)
	// sourceName is what a source may be called: a token of a subject.
	sourceName = regexp.MustCompile(`^[^\s.*>]{1,128}$`)
)

// CheckID reports why a string cannot be the id of an entity.
func CheckID(id string) error {
	if len(id) > maxIDBytes || !wikidataID.MatchString(id) && !spelledID.MatchString(id) {
		return fmt.Errorf("%q is no entity: want wd:Q… or name:<type>:<folded-name>", shortened(id))
	}
	return nil
}

// typeOfID is the type that a "name:" id says, or "".
func typeOfID(id string) article.EntityType {
	if rest, ok := strings.CutPrefix(id, "name:"); ok {
		typ, _, _ := strings.Cut(rest, ":")
		return article.EntityType(typ)
	}
	return ""
}

// Check reports why an override cannot hold, whatever other overrides say.
func (o *Override) Check() error {
	switch o.Act {
	case Deny:
		return errors.Join(checkName(o.Name), checkType(o.Type, true), o.checkSource(), o.without("deny", true, true))
	case Alias:
		return errors.Join(checkName(o.Name), checkType(o.Type, true), CheckID(o.ID), o.without("alias", false, true))
	case Merge:
		err := errors.Join(CheckID(o.ID), CheckID(o.Into), o.without("merge", false, false))
		if err == nil && o.ID == o.Into {
			err = fmt.Errorf("%s is itself already", o.ID)
		}
		return err
	case New:
		return o.checkNew()
	}
	return fmt.Errorf("%q is none of deny, alias, merge and new", shortened(string(o.Act)))
}

func (o *Override) checkNew() error {
	err := errors.Join(CheckID(o.ID), checkName(o.Name), checkType(o.Type, false))
	if typ := typeOfID(o.ID); err == nil && typ != "" && typ != o.Type {
		err = fmt.Errorf("%s is a %s by its id, not a %s", o.ID, typ, o.Type)
	}
	if o.Kind != "" && (len(o.Kind) > maxKindBytes || !kindWord.MatchString(o.Kind)) {
		err = errors.Join(err, fmt.Errorf("kind %q is no word in lower case of at most %d letters", shortened(o.Kind), maxKindBytes))
	}
	if o.Country != "" && !countryISO.MatchString(o.Country) {
		err = errors.Join(err, fmt.Errorf("country %q is no code of two capitals", shortened(o.Country)))
	}
	if g := o.Geo; g != nil && !(g.Lat >= -90 && g.Lat <= 90 && g.Lon >= -180 && g.Lon <= 180) {
		err = errors.Join(err, fmt.Errorf("no place is at latitude %g, longitude %g", g.Lat, g.Lon))
	}
	if len(o.Aliases) > MaxAliases {
		return errors.Join(err, fmt.Errorf("%d other names, want at most %d", len(o.Aliases), MaxAliases))
	}
	for _, a := range o.Aliases {
		err = errors.Join(err, checkName(a))
	}
	if o.Source != "" || o.Into != "" {
		err = errors.Join(err, errors.New("a new entity has no source and is into nothing"))
	}
	return err
}

// without reports fields that say nothing in this act.
func (o *Override) without(act string, noID, hasName bool) error {
	if o.Kind != "" || o.Country != "" || o.Geo != nil || len(o.Aliases) > 0 || noID && (o.ID != "" || o.AnyCase) || act != "deny" && o.Source != "" ||
		act != "merge" && o.Into != "" || !hasName && (o.Name != "" || o.Type != "" || o.AnyCase) {
		return fmt.Errorf("it has fields that %s does not know", act)
	}
	return nil
}

func (o *Override) checkSource() error {
	if o.Source != "" && !sourceName.MatchString(o.Source) {
		return fmt.Errorf("%q is no name of a source", shortened(o.Source))
	}
	return nil
}

func checkType(typ article.EntityType, optional bool) error {
	switch typ {
	case article.Person, article.Organisation, article.Place, article.Other:
		return nil
	case "":
		if optional {
			return nil
		}
	}
	return fmt.Errorf("type %q is none of person, organisation, place and other", shortened(string(typ)))
}

func checkName(name string) error {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxNameRunes {
		return fmt.Errorf("the name %q is no text of at most %d characters", shortened(name), maxNameRunes)
	}
	switch units := unitsOfName(name); {
	case !hasWord(units):
		return fmt.Errorf("the name %q has no word in it", name)
	case len(units) > maxNameUnits:
		return fmt.Errorf("the name %q has %d words, want at most %d", name, len(units), maxNameUnits)
	}
	return nil
}

// shortened keeps a bad value from filling a log.
func shortened(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}

// Subject is what an override is about. Two with one subject cannot both hold: the later
// one replaces the other. It is hexadecimal, 16 digits.
func (o *Override) Subject() string {
	var about []string
	switch o.Act {
	case Deny:
		about = []string{string(o.Type), o.Source, foldedName(o.Name)}
	case Alias:
		about = []string{string(o.Type), foldedName(o.Name)}
	case Merge, New:
		about = []string{o.ID}
	}
	sum := sha256.Sum256([]byte(strings.Join(about, "\x00")))
	return fmt.Sprintf("%x", sum[:8])
}

func foldedName(name string) string {
	var folded []string
	for _, u := range unitsOfName(name) {
		folded = append(folded, u.folded)
	}
	return strings.Join(folded, " ")
}
