package extract

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// readNewsML reads the items of NewsML 1.0 to 1.2.
func (in *intake) readNewsML(p part) *Reject {
	root, reject := in.parse(p)
	if reject != nil {
		return reject
	}
	before := in.count()
	for _, item := range root.all("NewsItem") {
		if in.full || in.ctx.Err() != nil {
			break
		}
		if reject := in.readNewsMLItem(p, root, item); reject != nil {
			in.reject(p, reject)
		}
	}
	return in.settle(formatNewsML, before, 0)
}

func (in *intake) readNewsMLItem(p part, root, item *node) *Reject {
	a := in.blank(p, formatNewsML)
	id, managed := item.find("NewsIdentifier"), item.find("NewsManagement")
	lines := item.all("NewsLines")
	line := func(name string) string {
		for _, l := range lines {
			if s := l.at(name).line(); s != "" {
				return s
			}
		}
		return ""
	}
	headlineIs(a, firstText(line("HeadLine"), line("SubHeadLine")), "newsml")
	bylineIs(a, "newsml", line("ByLine"))
	if len(a.Byline) == 0 {
		bylineIs(a, "newsml", item.find("Creator").at("Party").get("FormalName"))
	}
	if place := strings.TrimRight(line("DateLine"), " -–—"); place != "" {
		a.Dateline = &place
		a.Provenance["dateline"] = found("newsml", 0.95)
	}
	publishedIs(a, managed.find("FirstCreated").line(), "newsml", in.hints.Received)
	modifiedIs(a, managed.find("ThisRevisionCreated").line())
	statusIs(a, managed.at("Status").get("FormalName"))
	if will := managed.find("StatusWillChange"); will != nil {
		embargoIs(a, will.find("DateAndTime").line())
	}
	a.Wire.ProviderID = optional(clean(firstText(id.at("PublicIdentifier").line(), id.at("NewsItemId").line())))
	a.Wire.ProviderVersion = optional(id.at("RevisionId").line())
	a.Wire.Slugline = optional(firstText(line("SlugLine"), item.find("NameLabel").line()))
	a.Wire.Urgency = urgencyOf(firstText(managed.find("Urgency").get("FormalName"), managed.find("Priority").get("FormalName"), root.find("NewsEnvelope").at("Priority").get("FormalName")))
	a.Rights.Copyright = optional(line("CopyrightLine"))
	a.Rights.UsageTerms = optional(firstText(line("RightsLine"), item.find("UsageRights").find("UsageType").line()))
	for _, l := range item.all("NewsLine") {
		if kind := l.at("NewsLineType").get("FormalName"); kind == "AdvisoryLine" || kind == "EditorialNote" {
			a.Wire.EdNote = optional(l.at("NewsLineText").line())
		}
	}
	for _, code := range item.all("SubjectCode") {
		for _, s := range code.kids {
			addTo(&a.Wire.Subjects, s.get("FormalName"))
		}
	}
	for _, property := range item.all("Property") {
		if property.get("FormalName") == "Keyword" && property.get("Role") == "" {
			addTo(&a.Keywords, property.get("Value"))
		}
	}
	addTo(&a.Keywords, splitWords(line("KeywordLine"))...)
	p.hints.Language = firstText(item.find("DescriptiveMetadata").find("Language").get("FormalName"), item.get("lang"), p.hints.Language)

	paragraphs := orHeadline(a, in.newsMLBody(a, item))
	if len(paragraphs) == 0 {
		return refuse(CodeNoText, "a NewsML item with neither text nor headline: send items that have one")
	}
	return in.complete(p, a, paragraphs)
}

func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '/' })
}

// besideRoles are the roles of components that stand beside the text. Each provider
// has names of its own.
var besideRoles = []string{"stylesheet", "headline", "logo", "contact", "caption", "summary", "thumbnail", "photo", "graphic", "video", "multimedia"}

// newsMLBody returns the longest text in an item: components nest and are named as
// each provider likes, but the story is longer than what is around it.
func (in *intake) newsMLBody(a *article.Article, item *node) []string {
	var best *node
	length := 0
	var walk func(n *node)
	walk = func(n *node) {
		for _, k := range n.kids {
			if k.name == "NewsComponent" && slices.Contains(besideRoles, strings.ToLower(k.at("Role").get("FormalName"))) {
				continue
			}
			if k.name == "ContentItem" {
				media := strings.ToLower(k.at("MediaType").get("FormalName") + k.at("MimeType").get("FormalName") + k.at("Format").get("FormalName"))
				content := k.find("DataContent")
				if n := len(content.inner()); content != nil && n > length && !strings.Contains(media, "css") && !strings.Contains(media, "image") {
					best, length = content, n
				}
				continue
			}
			walk(k)
		}
	}
	walk(item)
	if best == nil {
		return nil
	}
	if best.hasElements() {
		if doc := best.find("nitf"); doc != nil && a.Headline == nil {
			headlineIs(a, doc.find("hl1").line(), "nitf")
		}
		return cleanBody(a, splitBlocks(nitfBlocks(best)))
	}
	text := best.inner()
	if e := item.find("Encoding"); strings.Contains(strings.ToLower(e.get("Notation")), "base64") {
		if b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
			text = strings.ToValidUTF8(string(b), "\ufffd")
		}
	}
	return bodyOf(a, text, "", in.limits)
}
