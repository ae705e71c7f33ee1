package extract

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ledongthuc/pdf"
)

// maxPageText is the most bytes of a page's drawing that are read. Pages of text have
// some ten thousand; maps and charts have millions, and little text.
const maxPageText = 4 << 20

// pdfWalker follows the drawing of pages and notes where text is set. The parser's own
// methods look fonts and widths up anew for each letter, which takes seconds a page when
// objects are packed.
type pdfWalker struct {
	in    *intake
	fonts map[string]*pdfFont
}

// pdfFont is a font with its tables at hand.
type pdfFont struct {
	encoding pdf.TextEncoding
	first    int
	widths   []float64
	wide     bool // two bytes a letter
}

// pdfLine is a run of text on one line.
type pdfLine struct {
	text          strings.Builder
	x, y, end     float64
	size          float64
	endsWithSpace bool
}

var errPageText = errors.New("a page with too much drawing")

// read returns the lines of a page in the order in which they are drawn, which is the
// order of reading in what programs write.
func (w *pdfWalker) read(page pdf.Page) (lines []pdfLine, err error) {
	defer func() {
		if v := recover(); v != nil { // the parser's way to report errors; what was read stays
			err = fmt.Errorf("read page: %v", v)
		}
	}()
	contents := page.V.Key("Contents")
	if contents.IsNull() || drawingSize(contents) > maxPageText {
		if contents.IsNull() {
			return nil, nil
		}
		return nil, errPageText
	}
	t := pdfState{walker: w, page: page, scale: 1, ctm: unit, fonts: map[string]*pdfFont{}, lines: &lines}
	pdf.Interpret(contents, func(stack *pdf.Stack, op string) {
		args := make([]pdf.Value, stack.Len())
		for i := len(args) - 1; i >= 0; i-- {
			args[i] = stack.Pop()
		}
		t.do(op, args)
	})
	return lines, nil
}

// drawingSize counts the bytes of a page's drawing, up to a bit more than allowed.
func drawingSize(v pdf.Value) int64 {
	streams := []pdf.Value{v}
	if v.Kind() == pdf.Array {
		streams = nil
		for i := 0; i < v.Len() && i < 1000; i++ {
			streams = append(streams, v.Index(i))
		}
	}
	total := int64(0)
	for _, s := range streams {
		r := s.Reader()
		n, _ := io.Copy(io.Discard, io.LimitReader(r, maxPageText+1-total))
		r.Close()
		if total += n; total > maxPageText {
			break
		}
	}
	return total
}

// matrix is a PDF transformation: a b c d e f.
type matrix [6]float64

var unit = matrix{1, 0, 0, 1, 0, 0}

func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// pdfState is what the drawing operators change.
type pdfState struct {
	walker *pdfWalker
	page   pdf.Page
	fonts  map[string]*pdfFont // of this page, by name
	lines  *[]pdfLine

	ctm, text, line           matrix
	saved                     []matrix
	font                      *pdfFont
	size, leading             float64
	letter, word, scale, rise float64
	jumped                    bool // a space was made by moving on inside a string
}

// do follows one operator. Those that set no text are of no interest.
func (t *pdfState) do(op string, args []pdf.Value) {
	n := func(i int) float64 {
		if i < len(args) {
			return args[i].Float64()
		}
		return 0
	}
	switch op {
	case "q":
		if len(t.saved) < 1000 {
			t.saved = append(t.saved, t.ctm)
		}
	case "Q":
		if k := len(t.saved); k > 0 {
			t.ctm, t.saved = t.saved[k-1], t.saved[:k-1]
		}
	case "cm":
		t.ctm = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}.times(t.ctm)
	case "BT":
		t.text, t.line = unit, unit
	case "Tf":
		if len(args) == 2 {
			t.font, t.size = t.fontOf(args[0].Name()), n(1)
		}
	case "Tc":
		t.letter = n(0)
	case "Tw":
		t.word = n(0)
	case "Tz":
		t.scale = n(0) / 100
	case "TL":
		t.leading = n(0)
	case "Ts":
		t.rise = n(0)
	case "Td":
		t.move(n(0), n(1))
	case "TD":
		t.leading = -n(1)
		t.move(n(0), n(1))
	case "Tm":
		t.line = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}
		t.text = t.line
	case "T*":
		t.move(0, -t.leading)
	case "'", "\"":
		t.move(0, -t.leading)
		if k := len(args); k > 0 {
			t.show(args[k-1].RawString())
		}
	case "Tj":
		if len(args) > 0 {
			t.show(args[0].RawString())
		}
	case "TJ":
		if len(args) == 0 {
			return
		}
		for i := range args[0].Len() {
			switch v := args[0].Index(i); v.Kind() {
			case pdf.String:
				t.show(v.RawString())
			case pdf.Integer, pdf.Real:
				t.jumped = t.jumped || v.Float64() < -wordJump
				t.text = matrix{1, 0, 0, 1, -v.Float64() / 1000 * t.size * t.scale, 0}.times(t.text)
			}
		}
	}
}

func (t *pdfState) move(x, y float64) {
	t.line = matrix{1, 0, 0, 1, x, y}.times(t.line)
	t.text = t.line
}

// fontOf returns a font of the page; fonts are shared between pages.
func (t *pdfState) fontOf(name string) *pdfFont {
	if f := t.fonts[name]; f != nil {
		return f
	}
	font := t.page.Font(name)
	key := fmt.Sprint(font.BaseFont(), font.V.Key("Encoding"), font.V.Key("FirstChar"), font.V.Key("ToUnicode").Key("Length"), name)
	f := t.walker.fonts[key]
	if f == nil {
		f = &pdfFont{encoding: font.Encoder(), first: font.FirstChar(), widths: font.Widths(), wide: font.V.Key("Subtype").Name() == "Type0"}
		t.walker.fonts[key] = f
	}
	t.fonts[name] = f
	return f
}

// usualWidth is what a letter is taken for when the font does not say, in thousandths
// of its size: the average of text in Helvetica.
const usualWidth = 500

// wordJump is how far programs move on for a space they do not draw, in thousandths of
// the size; kerning stays under a fifth.
const wordJump = 220

// show sets a string and moves on by its width.
func (t *pdfState) show(raw string) {
	if t.font == nil || raw == "" {
		return
	}
	width, known := 0.0, len(t.font.widths) > 0
	glyphs := len(raw)
	if t.font.wide {
		glyphs /= 2
	}
	for i := range glyphs {
		w := float64(usualWidth)
		if known && !t.font.wide {
			if k := int(raw[i]) - t.font.first; k >= 0 && k < len(t.font.widths) {
				w = t.font.widths[k]
			}
		}
		width += w/1000*t.size + t.letter
		if !t.font.wide && raw[i] == ' ' {
			width += t.word
		}
	}
	placed := matrix{1, 0, 0, 1, 0, t.rise}.times(t.text).times(t.ctm)
	height := t.size * max(abs(placed[3]), abs(placed[1])) // turned text has no height of its own
	t.set(t.font.encoding.Decode(raw), placed[4], placed[5], width*t.scale*max(abs(placed[0]), abs(placed[1])), height, known)
	t.text = matrix{1, 0, 0, 1, width * t.scale, 0}.times(t.text)
}

func abs(x float64) float64 { return max(x, -x) }

// set adds text to the line it stands on, or begins one.
func (t *pdfState) set(s string, x, y, width, size float64, known bool) {
	if size == 0 {
		size = 1
	}
	var l *pdfLine
	if k := len(*t.lines); k > 0 {
		l = &(*t.lines)[k-1]
	}
	// Raised and lowered figures stay on their line, columns side by side do not.
	sameLine := l != nil && abs(y-l.y) < 0.5*max(size, l.size) && x > l.end-2*size && x < l.end+6*size
	if !sameLine {
		*t.lines = append(*t.lines, pdfLine{x: x, y: y, size: size})
		l = &(*t.lines)[len(*t.lines)-1]
	} else {
		// A space is a fourth of the size; where widths are guessed the gap must be wider.
		gap := 0.2
		if !known {
			gap = 0.6
		}
		if (x-l.end > gap*size || !known && t.jumped) && !l.endsWithSpace && !strings.HasPrefix(s, " ") {
			l.text.WriteByte(' ')
		}
	}
	t.jumped = false
	l.text.WriteString(s)
	l.end = x + width
	l.endsWithSpace = strings.HasSuffix(s, " ")
}
