package browser

import (
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// hostile is an article that would take over the page, were it not text.
const hostile = `{"title": "Lock </title><script>document.title = 'taken over'</script> closed",
"text": "Ilse Brandt closed the lock at Port Alden on Monday <script>document.title = 'taken over'</script> after the vote.\n\nThe council <img src=x onerror=\"document.title = 'taken over'\"> had asked her for it in March.\n\nThe barges </style><style>body { display: none }</style> will go round the cape until the summer."}`

// page is what "copydesk process --html" makes of the samples and the hostile article.
var page = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "copydesk-page-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	copydesk, article, file := filepath.Join(dir, "copydesk"), filepath.Join(dir, "hostile.json"), filepath.Join(dir, "page.html")
	if out, err := exec.Command("go", "build", "-o", copydesk, "github.com/copydesk/copydesk/services/copydesk").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build copydesk: %w\n%s", err, out)
	}
	if err := os.WriteFile(article, []byte(hostile), 0o600); err != nil {
		return "", err
	}
	if out, err := exec.Command(copydesk, "process", "--html", file, "../../deploy/samples", article).CombinedOutput(); err != nil {
		return "", fmt.Errorf("process: %w\n%s", err, out)
	}
	html, err := os.ReadFile(file)
	return string(html), err
})

func thePage(t *testing.T) string {
	t.Helper()
	html, err := page()
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// colours reads the page's palettes from its style: variable to colour, by daylight and
// in the dark.
func colours(t *testing.T) (light, dark map[string]color.RGBA) {
	t.Helper()
	css, err := os.ReadFile("../../pkg/view/page.css")
	if err != nil {
		t.Fatal(err)
	}
	day, night, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("the style has no dark colours")
	}
	palette := func(part string) map[string]color.RGBA {
		m := map[string]color.RGBA{}
		for _, found := range regexp.MustCompile(`--(\w+): #(\w{6})`).FindAllStringSubmatch(part, -1) {
			c := color.RGBA{A: 255}
			if _, err := fmt.Sscanf(found[2], "%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
				t.Fatalf("--%s: %v", found[1], err)
			}
			m[found[1]] = c
		}
		return m
	}
	return palette(day), palette(night)
}

func TestPage_isDrawn(t *testing.T) {
	t.Parallel()
	c := newChromium(t)
	html := thePage(t)
	light, dark := colours(t)
	for _, tc := range []struct {
		name, size string
		colours    map[string]color.RGBA
		flags      []string
	}{
		{"by daylight", "1000,2400", light, []string{"--blink-settings=preferredColorScheme=1"}},
		{"in the dark", "1000,2400", dark, []string{"--blink-settings=preferredColorScheme=0"}},
		{"in a narrow window", "500,3600", light, []string{"--blink-settings=preferredColorScheme=1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := chromium{t, c.path}
			p := c.draw(html, tc.size, tc.flags...)
			// Least pixels: a few lines of marked text, and an underlined word or two.
			for name, least := range map[string]int{"paper": 200_000, "chosen": 10_000, "box": 50_000, "person": 150, "place": 100, "organisation": 50, "rule": 500} {
				if got := p.pixels[tc.colours[name]]; got < least {
					t.Errorf("%d pixels have the colour of %q, want %d", got, name, least)
				}
			}
			// What is too wide would run into the margin.
			for y := range p.bounds.Dy() {
				if got := p.at(p.bounds.Max.X-4, y); got != tc.colours["paper"] {
					t.Fatalf("something reaches to the right edge of the window, %d pixels down", y)
				}
			}
		})
	}
}

func TestPage_articlesStayText(t *testing.T) {
	t.Parallel()
	c := newChromium(t)
	dom := c.dom(thePage(t))
	if title := titleOf(dom); !strings.HasPrefix(title, "copydesk: ") {
		t.Errorf("the title is %q", title)
	}
	for _, element := range []string{"<script", "<img"} {
		if strings.Contains(dom, element) {
			t.Errorf("an article brought %s into the page", element)
		}
	}
	if n := strings.Count(dom, "<style"); n != 1 {
		t.Errorf("the page has %d styles", n)
	}
	for _, want := range []string{
		"&lt;script&gt;document.title = 'taken over'&lt;/script&gt; after the vote", // as text
		`<mark class="sum">`, `<span class="person"`, "Where each field comes from", "removed line",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the browser's document lacks %q", want)
		}
	}
}

const refused = "Content Security Policy"

func TestPage_policyLetsItsOwnStyleThrough(t *testing.T) {
	t.Parallel()
	c := newChromium(t)
	html := thePage(t)
	if _, log := c.open(html, "--dump-dom"); strings.Contains(log, refused) {
		t.Errorf("the browser refuses a part of the page:\n%s", log)
	}
	// The other way round, so that silence means something.
	if _, log := c.open(strings.Replace(html, "<style>", "<style> ", 1), "--dump-dom"); !strings.Contains(log, refused) {
		t.Errorf("a style with another hash was let through:\n%s", log)
	}
}

// Were an article's text to get into the page as HTML, the policy would still stop it.
func TestPage_policyStopsScripts(t *testing.T) {
	t.Parallel()
	c := newChromium(t)
	html := strings.Replace(thePage(t), "<body>", `<body><script>document.title = "taken over"</script><img src="data:," onerror="document.title = 'taken over'">`, 1)
	if title := titleOf(c.dom(html)); title == "taken over" {
		t.Error("a script ran")
	}
	open := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(html, "")
	if title := titleOf(c.dom(open)); title != "taken over" {
		t.Errorf("without the policy the title is %q: this test would see no script", title)
	}
}

func titleOf(dom string) string {
	_, rest, _ := strings.Cut(dom, "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return title
}
