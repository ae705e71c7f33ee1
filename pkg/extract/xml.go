package extract

import (
	"regexp"
	"strings"
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
