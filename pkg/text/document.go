package text

import "math"

// MaxBytes is the most of one text that is read.
const MaxBytes = math.MaxInt32

// Document is a text and its parts. The zero value is ready for Scan. A Document
// is not safe for concurrent Scans; read it from as many goroutines as you like.
type Document struct {
	Text       string
	Tokens     []Token
	Sentences  []Sentence
	Paragraphs []Paragraph
	// Words are the distinct words, in order of first appearance.
	Words []WordInfo

	vocab vocabulary
	lines []line
}

// Sentence is a run of tokens that belong together.
type Sentence struct {
	Start, End         int32 // bytes
	RuneStart, RuneEnd int32 // code points
	First, Last        int32 // Tokens[First:Last]
	Paragraph          int32
}

// Paragraph is a block of sentences.
type Paragraph struct {
	Start, End         int32 // bytes
	RuneStart, RuneEnd int32 // code points
	First, Last        int32 // Sentences[First:Last]
	Layout             Layout
}

// Layout says what a paragraph looks like.
type Layout uint8

// The layouts.
const (
	Prose   Layout = iota
	Heading        // one short line without a stop at its end
	Item           // begins with a bullet or a list number
)

var layoutNames = [...]string{"prose", "heading", "item"}

// String returns the lower-case name of the layout.
func (l Layout) String() string {
	if int(l) < len(layoutNames) {
		return layoutNames[l]
	}
	return "unknown"
}

// Scan cuts a text into a new Document.
func Scan(text string) *Document {
	d := new(Document)
	d.Scan(text)
	return d
}

// Scan cuts a text, replacing what the document held and reusing its memory:
// slices taken from it before must no longer be used.
func (d *Document) Scan(text string) {
	if len(text) > MaxBytes {
		text = text[:MaxBytes]
	}
	d.Text = text
	d.Tokens = d.Tokens[:0]
	d.Sentences = d.Sentences[:0]
	d.Paragraphs = d.Paragraphs[:0]
	d.lines = d.lines[:0]
	d.vocab.reset()

	s := scanner{text: text, doc: d}
	s.run()
	d.Words = d.vocab.words
	d.paragraphs()
}

// Form returns the text of token i as written.
func (d *Document) Form(i int) string {
	t := &d.Tokens[i]
	return d.Text[t.Start:t.End]
}

// FormHash returns the hash of token i as written, case and all.
func (d *Document) FormHash(i int) uint64 {
	t := &d.Tokens[i]
	if t.Flags&Foreign == 0 && (t.Shape == Lower || t.Shape == NoCase) {
		return t.Hash // it is its own lower-cased form
	}
	return hashForm(d.Text[t.Start:t.End])
}
