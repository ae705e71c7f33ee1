package extract

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/copydesk/copydesk/pkg/article"
)

// facts are what a page declares about its article, by where it says so.
type facts struct {
	lang      string
	title     string
	canonical string
	h1        []string
	times     []string            // datetime of time elements marked as the publication
	meta      map[string][]string // lower-case name or property
	ld        []linkedArticle     // articles in JSON-LD
	types     []string            // of the things around them
	clocks    int                 // time elements
}

// readFacts walks a page once.
func readFacts(doc *html.Node) *facts {
	f := &facts{meta: map[string][]string{}}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "html":
			f.lang = attr(n, "lang")
		case "title":
			if f.title == "" && n.Parent.Data == "head" {
				f.title = inlineText(n)
			}
		case "h1":
			if s := inlineText(n); s != "" {
				f.h1 = append(f.h1, s)
			}
		case "link":
			if f.canonical == "" && strings.EqualFold(attr(n, "rel"), "canonical") {
				f.canonical = attr(n, "href")
			}
		case "meta":
			name := strings.ToLower(attr(n, "property") + attr(n, "name") + attr(n, "itemprop"))
			if v := strings.TrimSpace(attr(n, "content")); v != "" {
				f.meta[name] = append(f.meta[name], v)
			}
		case "time":
			f.clocks++
			if strings.EqualFold(attr(n, "itemprop"), "datePublished") || hasAttr(n, "pubdate") {
				f.times = append(f.times, attr(n, "datetime"))
			}
		case "script":
			if strings.HasPrefix(strings.ToLower(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
				found, around := readLinked(n.FirstChild.Data)
				f.ld = append(f.ld, found...)
				f.types = append(f.types, around...)
			}
		}
	}
	return f
}

// titles are the headlines a page gives its article, wherever it says them.
func (f *facts) titles() []string {
	all := append([]string{f.first("og:title"), withoutSite(f.title, f.first("og:site_name"))}, f.h1...)
	for _, ld := range f.ld[:min(1, len(f.ld))] {
		all = append(all, ld.headline)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// linkedBody is the body that the page's JSON-LD has, or "".
func (f *facts) linkedBody() string {
	for _, ld := range f.ld {
		if ld.body != "" {
			return ld.body
		}
	}
	return ""
}

// choice is a value and where the page says it.
type choice struct {
	value, method string
	confidence    float64
}

// enter puts the facts into the record: for each field the most trusted place that
// has a value, the others as alternatives where they differ.
func (f *facts) enter(a *article.Article, h Hints) {
	var ld linkedArticle
	if len(f.ld) > 0 {
		ld = f.ld[0]
	}
	h1 := ""
	if len(f.h1) == 1 { // several say nothing about the article's
		h1 = f.h1[0]
	}
	site := f.first("og:site_name")
	a.Headline = pick(a, "headline", headlines(
		choice{withoutSite(ld.headline, site), "json_ld", 0.95},
		choice{withoutSite(f.first("og:title"), site), "meta", 0.9},
		choice{h1, "h1", 0.85},
		choice{withoutSite(f.title, site), "title", 0.7})...)
	a.SiteName = pick(a, "site_name", choice{site, "meta", 0.95}, choice{ld.publisher, "json_ld", 0.9})
	a.Section = pick(a, "section", choice{ld.section, "json_ld", 0.9}, choice{f.first("article:section"), "meta", 0.9})
	if address := resolve(h.URL, f.canonical); address != "" {
		a.CanonicalURL = &address
		a.Provenance["canonical_url"] = found("canonical_link", 0.95)
		if a.Source.Domain == nil {
			a.Source.Domain = domainOf(webAddress(address))
		}
	}
	if lang := canonicalTag(f.lang); lang != "" {
		a.Language = &lang // until setLanguage has seen the text
		a.Provenance["language"] = found("html_lang", 0.6)
	}
	f.enterPeople(a, ld)
	f.enterDates(a, ld, h)
	for _, k := range strings.Split(f.first("news_keywords", "keywords"), ",") {
		if k = clean(k); k != "" && len(a.Keywords) < 50 {
			a.Keywords = append(a.Keywords, k)
		}
	}
}

func (f *facts) enterPeople(a *article.Article, ld linkedArticle) {
	for _, c := range []struct {
		names      []string
		method     string
		confidence float64
	}{{ld.authors, "json_ld", 0.95}, {f.meta["author"], "meta", 0.8}} {
		if a.Byline = authors(c.names...); len(a.Byline) > 0 {
			a.Provenance["byline"] = found(c.method, c.confidence)
			return
		}
	}
}

func (f *facts) enterDates(a *article.Article, ld linkedArticle, h Hints) {
	for _, c := range []dateCandidate{
		{ld.published, "json_ld", 0.95},
		{f.first("article:published_time", "og:article:published_time", "datepublished"), "meta", 0.9},
		{f.first("date", "dc.date", "dc.date.issued", "dcterms.created", "parsely-pub-date", "sailthru.date", "pubdate", "publishdate"), "meta", 0.8},
		{strings.Join(f.times[:min(1, len(f.times))], ""), "time_element", 0.8},
		{dayInAddress(h.URL, f.canonical), "url", 0.7},
	} {
		setPublished(a, c, h.Received)
	}
	for _, s := range []string{ld.modified, f.first("article:modified_time", "og:updated_time")} {
		t, dayOnly, ok := readDate(s)
		if ok && !dayOnly && a.Modified == nil && (h.Received.IsZero() || !t.After(h.Received.Add(slack))) {
			a.Modified = &t
		}
	}
}

// first returns the first value of the first name that has one.
func (f *facts) first(names ...string) string {
	for _, n := range names {
		if v := f.meta[n]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// pick chooses the first choice with a value and notes its provenance.
func pick(a *article.Article, field string, choices ...choice) *string {
	var chosen *string
	var p article.Provenance
	for _, c := range choices {
		v := clean(c.value)
		switch {
		case v == "":
		case chosen == nil:
			chosen, p = &v, found(c.method, c.confidence)
		case !strings.EqualFold(v, *chosen):
			p.Alternatives = append(p.Alternatives, article.Alternative{Value: v, Method: c.method})
		}
	}
	if chosen != nil {
		a.Provenance[field] = p
	}
	return chosen
}

// withoutSite strips " | Site" and the like from a title, when it is the site's name.
func withoutSite(title, site string) string {
	title = clean(title)
	for _, sep := range []string{" | ", " - ", " – ", " — ", " :: "} {
		if i := strings.LastIndex(title, sep); i > 0 && site != "" && strings.EqualFold(title[i+len(sep):], clean(site)) {
			return title[:i]
		}
	}
	return title
}

var addressDay = regexp.MustCompile(`/((?:19|20)\d\d)[/-](\d{2})[/-](\d{2})(?:/|-|$)`)

// dayInAddress returns the day that many sites put into an article's address.
func dayInAddress(addresses ...string) string {
	for _, s := range addresses {
		if m := addressDay.FindStringSubmatch(s); m != nil {
			return m[1] + "-" + m[2] + "-" + m[3]
		}
	}
	return ""
}

// resolve makes an address absolute against the page's own, or returns "".
func resolve(page, address string) string {
	if u := webAddress(address); u != nil {
		return u.String()
	}
	base := webAddress(page)
	if base == nil || address == "" {
		return ""
	}
	u, err := base.Parse(address)
	if err != nil || webAddress(u.String()) == nil {
		return ""
	}
	return u.String()
}

// clean makes a value from a page one tidy line.
func clean(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func inlineText(n *html.Node) string { return clean(strings.Join(renderBlocks(n), " ")) }
