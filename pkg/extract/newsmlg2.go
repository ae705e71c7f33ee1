package extract

import (
	"encoding/base64"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// readNewsMLG2 reads the items of NewsML-G2, alone or in a message. Packages and concepts
// are no articles; pictures are, when nothing is there that they illustrate.
func (in *intake) readNewsMLG2(p part) *Reject {
	root, reject := in.parse(p)
	if reject != nil {
		return reject
	}
	var texts, others []*node
	for _, item := range root.all("newsItem") {
		if class := localCode(item.find("itemClass").get("qcode")); class == "" || class == "text" || class == "composite" {
			texts = append(texts, item)
		} else {
			others = append(others, item)
		}
	}
	passedOver := len(others)
	if len(texts) == 0 {
		texts, passedOver = others, 0
	}
	before := in.count()
	for _, item := range texts {
		if in.full || in.ctx.Err() != nil {
			break
		}
		if reject := in.readG2Item(p, item); reject != nil {
			in.reject(p, reject)
		}
	}
	return in.settle(formatNewsMLG2, before, passedOver)
}

func (in *intake) readG2Item(p part, item *node) *Reject {
	a := in.blank(p, formatNewsMLG2)
	about, content, rights := item.at("itemMeta"), item.at("contentMeta"), item.at("rightsInfo")
	headlineIs(a, firstText(content.at("headline").line(), about.at("title").line()), "newsml_g2")
	bylineIs(a, "newsml_g2", content.at("by").line())
	if len(a.Byline) == 0 {
		for _, c := range content.children() {
			if c.name == "creator" {
				bylineIs(a, "newsml_g2", c.at("name").line())
			}
		}
	}
	for _, literal := range []string{about.at("firstCreated").line(), content.at("contentCreated").line(), about.at("versionCreated").line()} {
		if a.Published == nil {
			publishedIs(a, literal, "newsml_g2", in.hints.Received)
		}
	}
	modifiedIs(a, about.at("versionCreated").line())
	statusIs(a, localCode(about.at("pubStatus").get("qcode")))
	embargoIs(a, about.at("embargoed").line())
	if place := firstText(content.at("dateline").line(), content.at("located", "name").line()); place != "" {
		a.Dateline = &place
		a.Provenance["dateline"] = found("newsml_g2", 0.9)
	}
	a.Wire.ProviderID = optional(clean(item.get("guid")))
	a.Wire.ProviderVersion = optional(clean(item.get("version")))
	a.Wire.Slugline = optional(content.at("slugline").line())
	a.Wire.Urgency = urgencyOf(content.at("urgency").line())
	a.Wire.EdNote = optional(about.at("edNote").line())
	a.Rights.UsageTerms = optional(rights.at("usageTerms").line())
	holder := rights.at("copyrightHolder")
	a.Rights.Copyright = optional(firstText(rights.at("copyrightNotice").line(), holder.at("name").line(), clean(holder.get("literal"))))
	for _, s := range content.children() {
		switch s.name {
		case "subject":
			addTo(&a.Wire.Subjects, firstText(s.at("name").line(), s.get("literal"), s.get("qcode")))
		case "keyword":
			addTo(&a.Keywords, s.line())
		}
	}
	p.hints.Language = firstText(content.at("language").get("tag"), item.get("lang"), p.hints.Language)

	paragraphs := in.g2Body(a, item.at("contentSet"))
	if len(paragraphs) == 0 {
		for _, d := range content.children() {
			if d.name == "description" && len(paragraphs) == 0 {
				paragraphs = bodyOf(a, d.inner(), "", in.limits)
			}
		}
		if len(paragraphs) > 0 {
			a.Kind = article.KindBrief
		}
	}
	if paragraphs = orHeadline(a, paragraphs); len(paragraphs) == 0 {
		return refuse(CodeNoText, "a NewsML-G2 item with neither text nor headline: send items that have one")
	}
	return in.complete(p, a, paragraphs)
}

// g2Body returns the body of a content set: XML such as NITF or XHTML before data.
func (in *intake) g2Body(a *article.Article, contents *node) []string {
	for _, c := range contents.all("inlineXML") {
		if doc := c.find("nitf"); doc != nil {
			if a.Headline == nil {
				headlineIs(a, doc.find("hl1").line(), "nitf")
			}
			if len(a.Byline) == 0 {
				bylineIs(a, "nitf", doc.find("byline").line())
			}
		} else if a.Headline == nil {
			headlineIs(a, firstText(c.find("h1").line(), c.find("title").line()), "newsml_g2")
		}
		if ps := cleanBody(a, splitBlocks(nitfBlocks(c))); len(ps) > 0 {
			return ps
		}
	}
	for _, c := range contents.all("inlineData") {
		text := c.inner()
		if strings.Contains(c.get("encoding"), "base64") {
			b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
			if err != nil {
				continue
			}
			text = strings.ToValidUTF8(string(b), "\ufffd")
		}
		mediaType := c.get("contenttype")
		if ps := bodyOf(a, text, mediaType, in.limits); len(ps) > 0 {
			return ps
		}
	}
	return nil
}

// localCode takes the scheme off a code: "stat:canceled" is canceled.
func localCode(qcode string) string { return qcode[strings.LastIndexByte(qcode, ':')+1:] }
