package extract

// Limits are the caps on what one file may cost. A zero field means its default.
//
// Parsers of untrusted bytes can be made to take time and memory out of all
// proportion to the file. The defaults were set from measurements on pages built to
// be slow, so that one file stays well under the 10 s a document may take.
type Limits struct {
	// Raw is the most bytes a file may have as dropped; more is refused as
	// too_large. Default 32 MiB.
	Raw int
	// Expanded is the most bytes that everything packed in one file may unpack to
	// together; more is refused as a bomb. Default 64 MiB.
	Expanded int
	// Ratio is how many times its packed size a packed part may unpack to, once that is
	// over 1 MiB: honest text packs to a tenth, tables of zeros to a thousandth.
	// Default 200.
	Ratio int
	// Layers is the most containers and compressions around an article: a page in a zip
	// in a mail is two. Default 3.
	Layers int
	// Members is the most items one file may give. Default 10,000.
	Members int
	// Rejects is how many items of one file are rejected one by one; the rest is
	// counted in one more. Every reject keeps the whole file in the dead letters.
	// Default 100.
	Rejects int
	// JSONDepth is the deepest nesting of JSON. Default 128.
	JSONDepth int
	// JSON is the most bytes of one JSON object, which in memory takes up to 20 times
	// as many; a file may hold more of them. Default 8 MiB.
	JSON int
	// XMLDepth is the deepest nesting of XML. A million nested elements overflow the
	// stack of the feed parser, which no program survives. Default 256.
	XMLDepth int
	// XMLElements is the most elements of one XML document. A feed entry has ten or
	// twenty. Default 400,000.
	XMLElements int
	// MailDepth and MailParts bound the parts of a mail: 10,000 nested ones took the
	// parser 17 s. Defaults 16 and 500.
	MailDepth, MailParts int
	// Pages is the most pages of a PDF that are read. Default 300.
	Pages int
	// HTML is the most bytes of a page that are parsed into a tree; a larger page
	// is read tag by tag, which needs no tree. Default 8 MiB.
	HTML int
	// Blocks is the most block elements (p, div, li, td...) of a page that are given to
	// the article extractor, whose time grows with their square: 10,000 took 1.2 s,
	// 40,000 took 9.9 s and 1.1 GB. Default 10,000.
	Blocks int
	// Fallback is the most block elements for which the extractor may also ask its
	// two slower competitors for their opinion. Default 5,000.
	Fallback int
}

// withDefaults fills in what was left zero.
func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Raw, 32<<20)
	set(&l.Expanded, 64<<20)
	set(&l.Ratio, 200)
	set(&l.Layers, 3)
	set(&l.Members, 10_000)
	set(&l.Rejects, 100)
	set(&l.JSONDepth, 128)
	set(&l.JSON, 8<<20)
	set(&l.XMLDepth, 256)
	set(&l.XMLElements, 400_000)
	set(&l.MailDepth, 16)
	set(&l.MailParts, 500)
	set(&l.Pages, 300)
	set(&l.HTML, 8<<20)
	set(&l.Blocks, 10_000)
	set(&l.Fallback, 5_000)
	return l
}
