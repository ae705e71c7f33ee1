package extract

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
	"time"
)

// pdfOf makes a PDF of numbered objects, the first of which is the catalogue.
func pdfOf(trailer string, objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, start)
	return b.String()
}

func pdfStreamOf(content string) string {
	return fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content)
}

func deflated(t testing.TB, content string) string {
	t.Helper()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream", z.Len(), z.String())
}

const (
	pdfFontObject = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
	pdfResources  = "/Resources<</Font<</F1 4 0 R>>>>"
)

// pdfPage is a page object whose drawing is object n.
func pdfPage(n int) string { return fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %d 0 R>>", n) }

// pdfPages3 is a paper of three pages, as a typesetting program would draw it.
func pdfPages3(t testing.TB) string {
	head := func(n int) string {
		return fmt.Sprintf("BT /F1 8 Tf 72 800 Td (Harbour Wire, issue %d) Tj ET\nBT /F1 8 Tf 300 30 Td (%d) Tj ET\n", n, n)
	}
	body := func(y int, lines ...string) string {
		s := fmt.Sprintf("BT /F1 10 Tf 12 TL 72 %d Td ", y)
		for _, l := range lines {
			s += "(" + l + ") Tj T* "
		}
		return s + "ET\n"
	}
	one := head(1) + "BT /F1 20 Tf 72 740 Td (Harbour strike ) Tj (goes on) Tj ET\n" +
		body(700, "Dock workers at the largest har-", "bour stay away for a second week,", "leaving 40 ships at anchor.") +
		body(640, "Talks go on, and the union says", "that it will not")
	two := head(2) + body(700, "give in before Friday.") + "BT /F1 10 Tf 72 660 Td [(A ) -20 (v) 80 (ote) -400 (comes)] TJ ( caf\\351s close.) Tj ET\n"
	three := head(3) + body(700, "The port authority waits.")
	return pdfOf("/Info<</Title(Microsoft Word - strike.doc)>>",
		"<</Type/Catalog/Pages 2 0 R/Lang(en-GB)>>",
		"<</Type/Pages/Kids[3 0 R 5 0 R 7 0 R]/Count 3"+pdfResources+">>",
		pdfPage(6), pdfFontObject, pdfPage(8), pdfStreamOf(one), pdfPage(9), deflated(t, two), pdfStreamOf(three))
}

func TestPDF(t *testing.T) {
	t.Parallel()
	want := `type: application/pdf
kind: document
headline: Harbour strike goes on
page: 1 [0,143)
page: 2 [143,194)
page: 3 [194,219)
removed by running_head: Harbour Wire, issue 1
removed by running_head: 1
removed by headline_echo: Harbour strike goes on
text: Dock workers at the largest harbour stay away for a second week, leaving 40 ships at anchor. / Talks go on, and the union says that it will not give in before Friday. / A vote comes cafés close. / The port authority waits.
`
	data := pdfPages3(t)
	checkFormats(t, []formatCase{
		{"three pages with heads, a hyphen and a paragraph across pages", data, want},
		{"a version the parser does not know", strings.Replace(data, "%PDF-1.4", "%PDF-2.0", 1), want},
	})
	t.Run("a page's span is its text", func(t *testing.T) {
		t.Parallel()
		a := extractOne(t, data, Hints{})
		text := []rune(*a.Text)
		if got := string(text[a.Input.Pages[1].Start:a.Input.Pages[1].End]); !strings.HasPrefix(got, "give in before Friday.") || !strings.Contains(got, "cafés close.") {
			t.Errorf("page 2 is %q", got)
		}
	})
}

func TestPDF_hostile(t *testing.T) {
	t.Parallel()
	const catalogue = "<</Type/Catalog/Pages 2 0 R>>"
	text := pdfStreamOf("BT /F1 10 Tf 72 700 Td (Dock workers stay away for a second week.) Tj ET")
	pages := "<</Type/Pages/Kids[3 0 R]/Count 1" + pdfResources + ">>"
	whole := pdfOf("", catalogue, pages, pdfPage(5), pdfFontObject, text)
	bomb := deflated(t, strings.Repeat("\x00", 16<<20))
	for _, tc := range []struct{ name, data, code string }{
		{"a scan", pdfOf("", catalogue, pages, pdfPage(5), pdfFontObject, pdfStreamOf("q 600 0 0 800 0 0 cm /Im1 Do Q")), CodeScanNoText},
		{"a password", pdfOf("/Encrypt<</Filter/Standard/V 1/R 2/O("+strings.Repeat("x", 32)+")/U("+strings.Repeat("y", 32)+")/P -4>>/ID[(a)(b)]", catalogue, pages, pdfPage(5), pdfFontObject, text), CodeEncrypted},
		{"a bomb", pdfOf("", catalogue, pages, pdfPage(5), pdfFontObject, bomb), CodeBomb},
		{"cut off", whole[:200], CodeMalformed},
		{"a table of two billion objects", strings.Replace(whole, "/Size 6", "/Size 2000000000", 1), CodeMalformed},
		{"a table that begins at four billion", strings.Replace(whole, "xref\n0 6", "xref\n4000000000 6", 1), CodeMalformed},
		{"tables in a circle", strings.Replace(whole, "/Size 6", "/Size 6/Prev "+whole[strings.Index(whole, "startxref\n")+10:strings.Index(whole, "\n%%EOF")], 1), CodeMalformed},
		{"a tree of pages that contains itself", pdfOf("", catalogue, "<</Type/Pages/Kids[2 0 R]/Count 100>>"), CodeMalformed},
		{"a page that is its own parent", pdfOf("", catalogue, pages, "<</Type/Page/Parent 3 0 R/Contents 5 0 R>>", pdfFontObject, text), CodeMalformed},
		{"objects nested deep", pdfOf("", catalogue, strings.Repeat("[", 1<<20)), CodeMalformed},
		{"no pages", pdfOf("", catalogue, "<</Type/Pages/Kids[]/Count 0>>"), CodeMalformed},
		{"a stream of objects described inside itself", pdfOf("", catalogue, "<</Type/ObjStm/N 1/First 5/Length 9 0 R>>\nstream\n9 0 44\nendstream"), CodeMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
			if d := time.Since(began); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
	t.Run("more pages than are read", func(t *testing.T) {
		t.Parallel()
		items, err := File(t.Context(), []byte(pdfPages3(t)), Hints{}, Limits{Pages: 1})
		if err != nil || !strings.Contains(summaryOf(items[0].Article), "pages_left_out") {
			t.Errorf("got %v, want an article with a warning", err)
		}
	})
}
