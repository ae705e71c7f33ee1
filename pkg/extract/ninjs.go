package extract

import (
	"maps"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// isNinjs reports whether an object is IPTC's ninjs, of any version from 1.0 to 3.1.
// Agencies add members and leave others out, so the cues are few: a uri and something
// that only ninjs calls so.
func isNinjs(o map[string]any) bool {
	if _, ok := o["uri"].(string); !ok {
		return false
	}
	for name := range o {
		switch strings.ToLower(name) {
		case "$standard", "standard", "versioncreated", "pubstatus", "representationtype", "headlines", "bodies", "altids",
			"body_text", "body_html", "body_xhtml", "description_text", "body_main", "headline_main", "renditions", "copyrightnotice",
			"rightsinfo", "associations", "embargoed", "digitalsourcetype", "eventdetails", "plannedcoverage", "infosources", "trustindicators", "trustindicator":
			return true
		}
	}
	kind, _ := o["type"].(string)
	return slices.Contains([]string{"text", "picture", "audio", "video", "graphic", "composite", "component", "planning", "event"}, kind)
}

// readNinjs reads a ninjs item. Versions 1.x have members such as headline_main and
// body_text, versions 2 and 3 lists of objects with a role; 3 writes names in camel
// case. All of it is read alike.
func (in *intake) readNinjs(p part, o map[string]any) *Reject {
	n := newNinjs(o)
	a := in.blank(p, formatJSON)
	a.Input.MediaType = mediaNinjs
	headlineIs(a, n.headline(), "ninjs")
	bylineIs(a, "ninjs", n.text("byline"), n.text("by"))
	publishedIs(a, firstText(n.text("firstcreated"), n.text("contentcreated"), n.text("versioncreated")), "ninjs", in.hints.Received)
	modifiedIs(a, n.text("versioncreated"))
	statusIs(a, n.text("pubstatus"))
	embargoIs(a, n.text("embargoed"))
	a.Wire.ProviderID = optional(clean(n.text("uri")))
	a.Wire.ProviderVersion = optional(clean(n.text("version")))
	a.Wire.Slugline = optional(clean(n.text("slugline")))
	a.Wire.EdNote = optional(clean(n.text("ednote")))
	a.Wire.Urgency = urgencyOf(n.text("urgency"))
	a.Rights.UsageTerms = optional(clean(n.text("usageterms")))
	a.Rights.Copyright = optional(clean(firstText(n.text("copyrightnotice"), n.text("copyrightholder"))))
	for _, s := range n.objects("subject", "subjects") {
		addTo(&a.Wire.Subjects, firstText(textOf(s["name"]), textOf(s["code"]), textOf(s["uri"])))
	}
	for _, k := range n.list("keywords", "keyword") {
		addTo(&a.Keywords, textOf(k))
	}
	if located := clean(n.text("located")); located != "" {
		a.Dateline = &located
		a.Provenance["dateline"] = found("ninjs", 0.9)
	}
	if u := webAddress(n.text("uri")); u != nil && a.Source.Domain == nil {
		a.Source.Domain = domainOf(u)
	}
	p.hints.Language = firstText(n.text("language"), p.hints.Language)

	body, markup := n.body()
	mediaType := "text/plain"
	if markup {
		mediaType = "text/html"
	}
	paragraphs := bodyOf(a, body, mediaType, in.limits)
	if len(paragraphs) == 0 {
		body, mediaType = n.description()
		if paragraphs = bodyOf(a, body, mediaType, in.limits); len(paragraphs) > 0 {
			a.Kind = article.KindBrief // the caption of a picture, the note of an event
		}
	}
	if len(orHeadline(a, paragraphs)) == 0 {
		return refuse(CodeNoText, "a ninjs item with neither body nor description nor headline: send items that have one")
	}
	return in.complete(p, a, orHeadline(a, paragraphs))
}

// ninjs is an item by lower-case names.
type ninjs map[string]any

func newNinjs(o map[string]any) ninjs {
	n := make(ninjs, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) { // so that the same one always wins
		n[strings.ToLower(name)] = o[name]
	}
	return n
}

func (n ninjs) text(name string) string { return strings.TrimSpace(textOf(n[name])) }

func (n ninjs) list(names ...string) []any {
	for _, name := range names {
		if l, ok := n[name].([]any); ok {
			return l
		}
	}
	return nil
}

func (n ninjs) objects(names ...string) []map[string]any {
	var all []map[string]any
	for _, e := range n.list(names...) {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// valued is a piece of text with the role and type that ninjs gives it.
type valued struct{ role, mediaType, value string }

// pieces returns the headlines, bodies or descriptions of an item in one form: those of
// the list first, then the members whose names begin alike, by name.
func (n ninjs) pieces(list, member string) []valued {
	var all []valued
	for _, o := range n.objects(list) {
		l := newNinjs(o)
		if v := l.text("value"); v != "" {
			all = append(all, valued{strings.ToLower(l.text("role")), strings.ToLower(l.text("contenttype")), v})
		}
	}
	var names []string
	for name := range n {
		if name == member || strings.HasPrefix(name, member+"_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		role := strings.TrimPrefix(strings.TrimPrefix(name, member), "_")
		if s, ok := n[name].(string); ok && strings.TrimSpace(s) != "" {
			mediaType := ""
			if strings.HasSuffix(role, "html") || role == "richtext" {
				mediaType = "text/html"
			}
			all = append(all, valued{role, mediaType, s})
		}
	}
	return all
}

func (n ninjs) headline() string {
	all := n.pieces("headlines", "headline")
	for _, role := range []string{"", "main", "headline", "medium", "long"} {
		for _, h := range all {
			if h.role == role {
				return h.value
			}
		}
	}
	if len(all) > 0 {
		return all[0].value
	}
	return firstText(n.text("title"), n.text("name"))
}

// body returns the body of an item. Markup is taken before plain text, which in ninjs
// is often one line without paragraphs.
func (n ninjs) body() (text string, markup bool) {
	best := -1
	for _, b := range n.pieces("bodies", "body") {
		isHTML := isMarkup(b.value, b.mediaType)
		if strings.Contains(b.mediaType, "json") || strings.HasPrefix(b.mediaType, "image/") {
			continue
		}
		rank := 0
		if isHTML {
			rank += 2
		}
		if b.role == "" || b.role == "main" {
			rank++
		}
		if rank > best {
			best, text, markup = rank, b.value, isHTML
		}
	}
	return text, markup
}

func (n ninjs) description() (text, mediaType string) {
	for _, d := range n.pieces("descriptions", "description") {
		if d.role != "creditline" && len(d.value) > len(text) {
			text, mediaType = d.value, d.mediaType
		}
	}
	return text, mediaType
}

// firstText returns the first that is not empty.
func firstText(values ...string) string {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}

// urgencyOf reads an urgency, 1 to 9.
func urgencyOf(s string) *int {
	s = strings.TrimSpace(s)
	if len(s) != 1 || s[0] < '1' || s[0] > '9' {
		return nil
	}
	n := int(s[0] - '0')
	return &n
}
