// Command news writes generated articles as files, to measure with: the same as
// "copydesk bench" uses, as text or as web pages.
//
//	go run ./scripts/gen/news -n 4000 -copies 1000 -o DIR
package main

import (
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/copydesk/copydesk/pkg/bench"
)

func main() {
	n := flag.Int("n", 4000, "articles, each different")
	copies := flag.Int("copies", 0, "further files that are copies of the first ones")
	pages := flag.Bool("html", false, "write web pages of some 40 kB")
	out := flag.String("o", "news", "`folder` to write to")
	flag.Parse()
	if err := write(*out, *n, *copies, *pages); err != nil {
		fmt.Fprintln(os.Stderr, "news:", err)
		os.Exit(1)
	}
}

func write(dir string, n, copies int, pages bool) error {
	if n < 1 || copies < 0 || copies > n {
		return fmt.Errorf("cannot write %d articles and %d copies of them", n, copies)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n + copies {
		text, ext := bench.Article(i%n), "txt"
		if pages {
			text, ext = page(text), "html"
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%07d.%s", i, ext)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// page puts an article into what surrounds it on the web: scripts, navigation, teasers.
func page(text string) string {
	headline, body, _ := strings.Cut(text, "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html lang=en><head><title>%s</title><script>%s</script></head><body>", html.EscapeString(headline), strings.Repeat("window.dataLayer=window.dataLayer||[];", 600))
	b.WriteString("<nav><ul>")
	for i := range 60 {
		fmt.Fprintf(&b, `<li><a href="/section/%d">Section %d</a></li>`, i, i)
	}
	fmt.Fprintf(&b, "</ul></nav><main><article><h1>%s</h1>", html.EscapeString(headline))
	for paragraph := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(paragraph))
	}
	b.WriteString("</article></main><aside>")
	for i := range 60 {
		fmt.Fprintf(&b, `<div class="teaser"><a href="/story/%d"><img src="/img/%d.jpg" alt=""><span>Story number %d</span></a></div>`, i, i, i)
	}
	b.WriteString("</aside><footer><p>All rights reserved.</p></footer></body></html>")
	return b.String()
}
