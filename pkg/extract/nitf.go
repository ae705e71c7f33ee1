package extract

import (
	"github.com/copydesk/copydesk/pkg/article"
)

// readNITF reads IPTC's News Industry Text Format, versions 2 and 3.
func (in *intake) readNITF(p part) *Reject {
	root, reject := in.parse(p)
	if reject != nil {
		return reject
	}
	a := in.blank(p, formatNITF)
	doc := root.find("nitf")
	enterNITF(a, doc)
	p.hints.Language = firstText(doc.get("baselang"), doc.get("lang"), doc.find("body.content").get("lang"), p.hints.Language)
	paragraphs := orHeadline(a, cleanBody(a, splitBlocks(nitfBlocks(doc))))
	if len(paragraphs) == 0 {
		return refuse(CodeNoText, "an NITF document with neither text nor headline: send documents that have one")
	}
	return in.complete(p, a, paragraphs)
}

// parse reads the tree of an XML part.
func (in *intake) parse(p part) (*node, *Reject) {
	text, _, _ := xmlText(p)
	if reject := checkXML(text, in.limits); reject != nil {
		return nil, reject
	}
	return parseXML(text)
}

// enterNITF fills a record from the parts of a document beside its text.
func enterNITF(a *article.Article, doc *node) {
	head := doc.find("body.head")
	headlineIs(a, firstText(doc.find("hl1").line(), doc.at("head", "title").line()), "nitf")
	for _, b := range head.all("byline") {
		byline := b.line()
		if person := b.find("person"); person != nil {
			byline = person.line() // beside it are titles: "Staff Writer"
		}
		bylineIs(a, "nitf", byline)
	}
	if d := head.find("dateline"); d != nil {
		if place := firstText(d.find("location").line(), d.line()); place != "" {
			a.Dateline = &place
			a.Provenance["dateline"] = found("nitf", 0.95)
		}
	}
	data := doc.find("docdata")
	// Many agencies leave the zone out of one of these.
	for _, literal := range []string{data.find("date.issue").get("norm"), doc.find("pubdata").get("date.publication"), head.find("story.date").get("norm")} {
		if a.Published == nil {
			publishedIs(a, literal, "nitf", a.Received)
		}
	}
	statusIs(a, data.get("management-status"))
	embargoIs(a, data.find("date.release").get("norm"))
	a.Wire.ProviderID = optional(clean(firstText(data.find("doc-id").get("id-string"), doc.get("uno"))))
	a.Wire.ProviderVersion = optional(data.find("du-key").get("version"))
	a.Wire.Slugline = optional(clean(data.find("du-key").get("key")))
	a.Wire.Urgency = urgencyOf(data.find("urgency").get("ed-urg"))
	a.Wire.EdNote = optional(clean(data.find("ed-msg").get("info")))
	a.Rights.Copyright = optional(clean(data.find("doc.copyright").get("holder")))
	if a.Rights.Copyright == nil {
		a.Rights.Copyright = optional(head.find("rights").line())
	}
	for _, k := range data.all("keyword") {
		addTo(&a.Keywords, k.get("key"))
	}
	for _, s := range doc.all("tobject.subject") {
		addTo(&a.Wire.Subjects, firstText(s.get("tobject.subject.detail"), s.get("tobject.subject.matter"), s.get("tobject.subject.type"), s.get("tobject.subject.refnum")))
	}
}

// besideText are the elements of a body that are not its prose: pictures with their
// captions, and what HTML hides.
var besideText = set("media", "media-caption", "figure", "figcaption", "script", "style", "head", "tagline")

// nitfBlocks returns the text of a document, or of the fragments of one in other formats.
func nitfBlocks(doc *node) []string {
	if body := doc.find("body.content"); body != nil {
		return body.blocks(besideText)
	}
	return doc.blocks(besideText)
}
