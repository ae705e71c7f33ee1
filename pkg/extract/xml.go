package extract

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"

	"golang.org/x/net/html/charset"
)

var xmlDeclaration = regexp.MustCompile(`^\s*<\?xml[^>]*?(?:encoding\s*=\s*["']([A-Za-z0-9._:-]+)["'][^>]*)?\?>`)

// xmlText decodes an XML document to UTF-8 and takes off the declaration, which said
// what it was in.
func xmlText(p part) (text, label string, warnings []string) {
	h := p.hints
	if m := xmlDeclaration.FindSubmatch(p.data[:min(len(p.data), 512)]); m != nil && len(m[1]) > 0 {
		h.ContentType = "application/xml; charset=" + string(m[1])
	}
	text, label, warnings = decode(p.data, formatText, h)
	text = strings.TrimLeft(strings.TrimPrefix(text, "\ufeff"), " \t\r\n")
	text = text[len(xmlDeclaration.FindString(text)):]
	// Control characters are not allowed in XML, and in feeds nevertheless.
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, text), label, warnings
}

// checkXML refuses what no parser should see: nesting that overflows its stack, more
// elements than fit in memory, entities that unfold. It reads the document once,
// without a tree.
func checkXML(text string, limits Limits) *Reject {
	depth, elements := 0, 0
	for s := (xmlScanner{text: text}); ; {
		kind, tag := s.next()
		switch kind {
		case xmlEnd:
			return nil
		case xmlDoctype:
			if strings.Contains(strings.ToLower(tag), "<!entity") {
				return refuse(CodeUnsupported, "XML with entities of its own: send it without a DOCTYPE")
			}
		case xmlOpen:
			elements++
			depth++
		case xmlEmpty:
			elements++
		case xmlClose:
			depth--
		}
		if depth > limits.XMLDepth {
			return refuse(CodeDepth, "XML nested more than %d deep: send the article's own element", limits.XMLDepth)
		}
		if elements > limits.XMLElements {
			return refuse(CodeTooMany, "more than %d XML elements: split the file", limits.XMLElements)
		}
	}
}

type xmlKind int

const (
	xmlEnd xmlKind = iota
	xmlDoctype
	xmlOpen
	xmlEmpty
	xmlClose
)

// xmlScanner finds the tags of XML, well-formed or not, and passes over the rest.
type xmlScanner struct {
	text string
	at   int
}

func (s *xmlScanner) next() (xmlKind, string) {
	for {
		i := strings.IndexByte(s.text[s.at:], '<')
		if i < 0 || s.at+i+1 >= len(s.text) {
			return xmlEnd, ""
		}
		start := s.at + i
		rest := s.text[start:]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			s.skip(start, "-->")
		case strings.HasPrefix(rest, "<![CDATA["):
			s.skip(start, "]]>")
		case strings.HasPrefix(rest, "<?"):
			s.skip(start, "?>")
		case strings.HasPrefix(rest, "<!"):
			return xmlDoctype, s.tag(start, true)
		case strings.HasPrefix(rest, "</"):
			return xmlClose, s.tag(start, false)
		default:
			tag := s.tag(start, false)
			if strings.HasSuffix(tag, "/>") {
				return xmlEmpty, tag
			}
			return xmlOpen, tag
		}
	}
}

func (s *xmlScanner) skip(start int, end string) {
	if i := strings.Index(s.text[start:], end); i >= 0 {
		s.at = start + i + len(end)
		return
	}
	s.at = len(s.text)
}

// tag returns a tag up to its end; quoted values may hold one, and so may the brackets
// of a DOCTYPE.
func (s *xmlScanner) tag(start int, doctype bool) string {
	quote, brackets := byte(0), 0
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case doctype && c == '[':
			brackets++
		case doctype && c == ']':
			brackets--
		case c == '>' && brackets <= 0:
			s.at = i + 1
			return s.text[start:s.at]
		}
	}
	s.at = len(s.text)
	return s.text[start:]
}

// rootOf returns the name of a document's first element, without prefix.
func rootOf(text string) string {
	for s := (xmlScanner{text: text}); ; {
		switch kind, tag := s.next(); kind {
		case xmlEnd, xmlClose:
			return ""
		case xmlOpen, xmlEmpty:
			name := strings.TrimLeft(tag, "<")
			if i := strings.IndexAny(name, " \t\r\n/>"); i >= 0 {
				name = name[:i]
			}
			_, local, ok := strings.Cut(name, ":")
			if ok {
				return local
			}
			return name
		}
	}
}

// node is an element of an XML document, or with an empty name a piece of text.
type node struct {
	name string
	attr map[string]string
	kids []*node
	text string
}

// parseXML builds the tree of a document that checkXML let pass.
func parseXML(text string) (*node, *Reject) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	root := &node{}
	open := []*node{root}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, refuse(CodeMalformed, "broken XML (%w): send it well-formed", err)
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local}
			for _, a := range t.Attr {
				if n.attr == nil {
					n.attr = make(map[string]string, len(t.Attr))
				}
				n.attr[a.Name.Local] = a.Value
			}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			// The end closes the nearest that is open under its name; a stray one none.
			for i := len(open) - 1; i > 0; i-- {
				if open[i].name == t.Name.Local {
					open = open[:i]
					break
				}
			}
		case xml.CharData:
			top.kids = append(top.kids, &node{text: string(t)})
		}
	}
}

// find returns the first element with a name below n, in document order, or nil.
func (n *node) find(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
		if f := k.find(name); f != nil {
			return f
		}
	}
	return nil
}

// at follows children by name.
func (n *node) at(names ...string) *node {
	for _, name := range names {
		var next *node
		for _, k := range n.children() {
			if k.name == name {
				next = k
				break
			}
		}
		n = next
	}
	return n
}

func (n *node) children() []*node {
	if n == nil {
		return nil
	}
	return n.kids
}

// all returns the elements with one of the names below n, outermost only.
func (n *node) all(names ...string) []*node {
	var found []*node
	for _, k := range n.children() {
		matches := false
		for _, name := range names {
			matches = matches || k.name == name
		}
		if matches {
			found = append(found, k)
		} else {
			found = append(found, k.all(names...)...)
		}
	}
	return found
}

// get returns an attribute, of no node too.
func (n *node) get(name string) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.attr[name])
}

// inner returns the text below n as it stands.
func (n *node) inner() string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	var walk func(*node)
	walk = func(n *node) {
		b.WriteString(n.text)
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	return b.String()
}

// line returns the text below n as one tidy line.
func (n *node) line() string {
	if n == nil {
		return ""
	}
	return stripTags(strings.Join(n.blocks(nil), " "))
}

// hasElements reports whether there is markup below n, or only text.
func (n *node) hasElements() bool {
	for _, k := range n.children() {
		if k.name != "" {
			return true
		}
	}
	return false
}

// isXMLBlock holds the blocks of NITF beside those of HTML.
var isXMLBlock = set("block", "hl1", "hl2", "hedline", "bq", "credit", "note", "byline", "dateline", "distributor", "abstract", "body.content", "fn", "nitf-table")

// blocks returns the text below n, a string for each block, without the elements named
// in skip.
func (n *node) blocks(skip map[string]bool) []string {
	var t blockText
	var walk func(*node)
	walk = func(n *node) { // checkXML bounds the depth
		if skip[n.name] {
			return
		}
		edge := func() {
			if isXMLBlock[n.name] {
				t.flush()
			} else if n.name != "" {
				t.open(n.name)
			}
		}
		edge()
		t.text(n.text)
		for _, k := range n.kids {
			walk(k)
		}
		if n.name != "br" {
			edge()
		}
	}
	walk(n)
	t.flush()
	return t.blocks
}
