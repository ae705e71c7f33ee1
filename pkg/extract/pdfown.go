//go:build !pdfium

package extract

import (
	"github.com/ledongthuc/pdf"

	"github.com/copydesk/copydesk/pkg/article"
)

// pdfLines reads the lines of each page. A program that is built with the tag pdfium reads
// them by pdfium instead.
func (in *intake) pdfLines(a *article.Article, _ []byte, pages []pdf.Page) [][]pdfLine {
	return in.walkPages(a, pages)
}
