package extract

import (
	"fmt"
	"strings"
	"testing"
)

const nitfSample = `<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">
<nitf baselang="en"><head><title>ignored</title>
<tobject><tobject.subject tobject.subject.refnum="09000000" tobject.subject.type="labour"/></tobject>
<docdata><urgency ed-urg="2"/><date.issue norm="20261005T083000+0200"/>%s<doc-id id-string="hw-77" regsrc="HW"/><ed-msg info="Second take"/>
<du-key key="harbour-strike" version="2"/><doc.copyright holder="Harbour Wire"/><key-list><keyword key="strike"/></key-list></docdata></head>
<body><body.head><hedline><hl1>Harbour strike goes on</hl1><hl2>Talks fail</hl2></hedline><byline>By <person>Mira Voss</person> <byttl>Staff</byttl></byline>
<dateline><location>Port Alden</location> <story.date>Oct 5</story.date></dateline></body.head>
<body.content><p>Dock workers stay away for a se` + "\x63" + `ond week, caf` + "\xe9" + `s close.</p><hl2>No talks</hl2><p>Talks go <em>on</em>.</p>
<media><media-caption>Ships at anchor.</media-caption></media></body.content></body></nitf>`

const newsMLSample = `<NewsML Version="1.2"><NewsEnvelope><Priority FormalName="4"/></NewsEnvelope>
<NewsItem xml:lang="en"><Identification><NewsIdentifier><PublicIdentifier>urn:newsml:hw:1</PublicIdentifier><RevisionId>3</RevisionId></NewsIdentifier></Identification>
<NewsManagement><FirstCreated>20261005T063000Z</FirstCreated><ThisRevisionCreated>20261005T073000Z</ThisRevisionCreated><Status FormalName="%s"/></NewsManagement>
<NewsComponent><NewsLines><HeadLine>Harbour strike goes on</HeadLine><ByLine>Mira Voss</ByLine><SlugLine>harbour-strike</SlugLine><CopyrightLine>Harbour Wire</CopyrightLine></NewsLines>
<DescriptiveMetadata><SubjectCode><Subject FormalName="09000000"/></SubjectCode></DescriptiveMetadata>
<NewsComponent><Role FormalName="Caption"/><ContentItem><DataContent>A very long caption that is longer than the text of the story itself, as captions should not be but are.</DataContent></ContentItem></NewsComponent>
<NewsComponent><Role FormalName="Main"/><ContentItem><MediaType FormalName="Text"/><DataContent>%s</DataContent></ContentItem></NewsComponent></NewsComponent></NewsItem></NewsML>`

const g2Sample = `<?xml version="1.0"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>
<packageItem guid="p"/>
<newsItem guid="urn:hw:9" version="4" xml:lang="en"><rightsInfo><copyrightHolder><name>Harbour Wire</name></copyrightHolder><usageTerms>Not for sale</usageTerms></rightsInfo>
<itemMeta><itemClass qcode="ninat:text"/><versionCreated>2026-10-05T08:30:00+02:00</versionCreated><embargoed>2026-10-07T00:00:00Z</embargoed><pubStatus qcode="stat:usable"/><edNote>Second take</edNote></itemMeta>
<contentMeta><urgency>3</urgency><by>By Mira Voss</by><headline>Harbour strike goes on</headline><slugline>harbour-strike</slugline>
<subject qcode="medtop:09000000"><name>labour</name></subject><keyword>strike</keyword></contentMeta>
<contentSet><inlineXML contenttype="application/nitf+xml"><nitf><body><body.content><p>Dock workers stay away for a second week.</p><p>Talks go on.</p></body.content></body></nitf></inlineXML></contentSet></newsItem>
<newsItem guid="urn:hw:10"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta><contentMeta><description>Ships at anchor.</description></contentMeta></newsItem>
</itemSet></newsMessage>`

const rssSample = `<?xml version="1.0" encoding="windows-1251"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Harbour Wire</title><link>https://harbour.example/</link><copyright>Harbour Wire 2026</copyright>
<item><title>Harbour strike &amp;amp; talks</title><link>https://harbour.example/1</link><dc:creator>Mira Voss</dc:creator><category>strike</category>
<pubDate>Mon, 05 Oct 2026 08:30:00 EST</pubDate><description>Teaser.</description>
<content:encoded><![CDATA[<p>Dock workers stay away for a second week.</p><p>Talks go on.</p>]]></content:encoded></item>
<item><title>` + "\xcf\xee\xf0\xf2" + `</title><author>desk@harbour.example (Jan Roe)</author><guid>https://harbour.example/2</guid><description>&lt;p&gt;Talks go on.&lt;/p&gt;</description></item>
<item><title>Only a headline here</title></item><item><link>https://harbour.example/4</link></item></channel></rss>`

const atomSample = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour Wire</title><link href="https://harbour.example/"/><author><name>Mira Voss</name></author>
<entry><title type="html">Harbour strike &lt;b&gt;goes on&lt;/b&gt;</title><link rel="edit" href="https://harbour.example/edit"/><link href="/1"/>
<published>2026-10-05T08:30:00Z</published><updated>2026-10-05T09:00:00Z</updated><category term="strike"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Dock workers stay away for a second week.</p><p>Talks go on.</p></div></content></entry></feed>`

func TestXML(t *testing.T) {
	t.Parallel()
	checkFormats(t, []formatCase{
		{"NITF", fmt.Sprintf(nitfSample, `<date.release norm="20261005T083000+0200"/>`), `
type: application/vnd.iptc.nitf+xml
headline: Harbour strike goes on
byline: Mira Voss
dateline: Port Alden
published: 2026-10-05T06:30:00Z
keywords: strike
id: hw-77
version: 2
slug: harbour-strike
urgency: 2
note: Second take
subjects: labour
embargo: 2026-10-05T06:30:00Z
copyright: Harbour Wire
text: Dock workers stay away for a second week, cafés close. / No talks / Talks go on.
`},
		{"NewsML 1.2 with NITF inside", fmt.Sprintf(newsMLSample, "Usable", `<nitf><body><body.content><p>Dock workers stay away for a second week.</p><p>Talks go on.</p></body.content></body></nitf>`), `
type: application/vnd.iptc.newsml+xml
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T06:30:00Z
modified: 2026-10-05T07:30:00Z
id: urn:newsml:hw:1
version: 3
slug: harbour-strike
urgency: 4
subjects: 09000000
copyright: Harbour Wire
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"NewsML 1.2 with plain text, canceled", fmt.Sprintf(newsMLSample, "Canceled", "Dock workers stay away for a second week.\n\nTalks go on."), `
type: application/vnd.iptc.newsml+xml
status: canceled
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T06:30:00Z
modified: 2026-10-05T07:30:00Z
id: urn:newsml:hw:1
version: 3
slug: harbour-strike
urgency: 4
subjects: 09000000
copyright: Harbour Wire
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"NewsML-G2 under embargo, beside a package and a picture", g2Sample, `
type: application/vnd.iptc.g2.newsitem+xml
status: withheld
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T06:30:00Z
keywords: strike
id: urn:hw:9
version: 4
slug: harbour-strike
urgency: 3
note: Second take
subjects: labour
embargo: 2026-10-07T00:00:00Z
terms: Not for sale
copyright: Harbour Wire
warnings: parts_left_out
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"RSS in windows-1251", rssSample, `
type: application/xml
headline: Harbour strike & talks
byline: Mira Voss
published: 2026-10-05T13:30:00Z
url: https://harbour.example/1
site: Harbour Wire
keywords: strike
copyright: Harbour Wire 2026
text: Dock workers stay away for a second week. / Talks go on.
--
type: application/xml
kind: brief
headline: Порт
byline: Jan Roe
url: https://harbour.example/2
site: Harbour Wire
copyright: Harbour Wire 2026
warnings: teaser_only
text: Talks go on.
--
type: application/xml
kind: alert
headline: Only a headline here
site: Harbour Wire
copyright: Harbour Wire 2026
warnings: headline_only
text: Only a headline here
--
reject no_text
`},
		{"Atom", atomSample, `
type: application/xml
headline: Harbour strike goes on
byline: Mira Voss
published: 2026-10-05T08:30:00Z
modified: 2026-10-05T09:00:00Z
url: https://harbour.example/1
site: Harbour Wire
keywords: strike
text: Dock workers stay away for a second week. / Talks go on.
`},
		{"XHTML is a page", `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body><p>` + prose + `</p><p>` + prose + `</p></body></html>`, `
type: text/html
text: ` + prose + " / " + prose + "\n"},
	})
}

func TestEmbargo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, literal, status string }{
		{"in the future", "20261007T000000Z", "withheld"},
		{"over", "20261006T000000Z", "usable"},
		{"of a day long past", "20260916", "usable"},
		{"of a day without a zone, near", "20261006", "withheld"},
		{"that cannot be read", "Tuesday noon", "withheld"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := extractOne(t, fmt.Sprintf(nitfSample, `<date.release norm="`+tc.literal+`"/>`), Hints{})
			if string(a.Status) != tc.status {
				t.Errorf("got %s, want %s", a.Status, tc.status)
			}
		})
	}
}

func TestXML_hostile(t *testing.T) {
	t.Parallel()
	laughs := `<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>`
	for _, tc := range []struct{ name, data, code string }{
		{"a feed nested a million deep", "<rss><channel><item>" + strings.Repeat("<a>", 1<<20), CodeDepth},
		{"NITF nested a million deep", "<nitf><body>" + strings.Repeat("<p>", 1<<20), CodeDepth},
		{"a billion laughs", laughs, CodeUnsupported},
		{"an entity from a file", `<?xml version="1.0"?><!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/passwd">]><nitf><body><body.content><p>&x;</p></body.content></body></nitf>`, CodeUnsupported},
		{"a million elements", "<rss><channel>" + strings.Repeat("<item/>", 1<<20) + "</channel></rss>", CodeTooMany},
		{"a feed cut off", `<rss><channel><item><title>Strike`, CodeMalformed},
		{"a feed without entries", `<rss><channel><title>x</title></channel></rss>`, CodeNoItems},
		{"XML of another kind", `<?xml version="1.0"?><invoice><total>7</total></invoice>`, CodeUnsupported},
		{"NITF without text", `<nitf><head/><body/></nitf>`, CodeNoText},
		{"a package without items", `<newsMessage><itemSet><packageItem/></itemSet></newsMessage>`, CodeNoItems},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}
}
