package extract

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html/charset"
)

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
// in skip; of no node too.
func (n *node) blocks(skip map[string]bool) []string {
	if n == nil {
		return nil
	}
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
