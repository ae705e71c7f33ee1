//go:build pdfium

package extract

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/ledongthuc/pdf"
	"github.com/tetratelabs/wazero"

	"github.com/copydesk/copydesk/pkg/article"
)

// pdfiumEngine is pdfium, compiled for WebAssembly: no cgo, and its memory is its own. It
// reads fonts that our walk knows nothing of, and costs 12 MB of program, some 300 MB of
// memory in each child and seconds at its first PDF. So it is for who has many such PDFs:
//
//	go build -tags pdfium ./services/copydesk
var pdfiumEngine = sync.OnceValues(func() (pdfium.Pdfium, error) {
	pool, err := webassembly.Init(webassembly.Config{
		MinIdle: 1, MaxIdle: 1, MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(), // it sees no files
		Stdout:   io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w", err)
	}
	engine, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, fmt.Errorf("start pdfium: %w", err)
	}
	return engine, nil
})

// pdfiumTurn keeps the one engine to one file at a time.
var pdfiumTurn sync.Mutex

// pdfLines reads the lines of each page by pdfium, or by our own walk when pdfium cannot.
func (in *intake) pdfLines(a *article.Article, data []byte, pages []pdf.Page) [][]pdfLine {
	lines, err := in.pdfiumLines(data, len(pages))
	if err != nil {
		warn(a, "pdfium_failed")
		return in.walkPages(a, pages)
	}
	return lines
}

func (in *intake) pdfiumLines(data []byte, pages int) (lines [][]pdfLine, err error) {
	pdfiumTurn.Lock()
	defer pdfiumTurn.Unlock()
	engine, err := pdfiumEngine()
	if err != nil {
		return nil, err
	}
	in.progress() // starting took its time
	doc, err := engine.OpenDocument(&requests.OpenDocument{File: &data})
	if err != nil {
		return nil, fmt.Errorf("open PDF: %w", err)
	}
	defer engine.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	for n := range pages {
		if in.ctx.Err() != nil {
			break
		}
		page, err := engine.GetPageTextStructured(&requests.GetPageTextStructured{
			Page:                   requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: n}},
			Mode:                   requests.GetPageTextStructuredModeRects,
			CollectFontInformation: true,
		})
		if err != nil {
			return nil, fmt.Errorf("read page %d: %w", n+1, err)
		}
		var ls []pdfLine
		for _, r := range page.Rects {
			l := pdfLine{x: r.PointPosition.Left, y: r.PointPosition.Bottom, end: r.PointPosition.Right, endsWithSpace: strings.HasSuffix(r.Text, " ")}
			if r.FontInformation != nil {
				l.size = r.FontInformation.RenderedSize
			}
			// Pdfium's mark for a hyphen at the end of a line.
			l.text.WriteString(strings.ReplaceAll(r.Text, "\x02", "-"))
			ls = append(ls, l)
		}
		lines = append(lines, ls)
		in.progress()
	}
	return lines, nil
}
