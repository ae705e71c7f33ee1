// Package browser looks at copydesk's page as a browser draws it. It is in this module
// so that the product's tests need no browser; scripts/setup installs one.
package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// chromium is a headless browser that opens one page at a time.
type chromium struct {
	t    *testing.T
	path string
}

// newChromium finds the browser. Without one the test fails: a page nobody has drawn
// is not checked.
func newChromium(t *testing.T) chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chromium-headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return chromium{t, path}
		}
	}
	t.Fatal("no Chromium or Chrome on the PATH; scripts/setup installs one (Debian and Ubuntu, as root)")
	return chromium{}
}

// patience is how long the browser may take for a page; it needs a second or two.
const patience = 90 * time.Second

// open loads a page of the given HTML and returns what the browser printed and logged.
func (c chromium) open(page string, flags ...string) (stdout, log string) {
	c.t.Helper()
	dir := c.t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		c.t.Fatal(err)
	}
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--force-color-profile=srgb", "--hide-scrollbars", "--enable-logging=stderr",
	}, flags...)
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(c.t.Context(), c.path, append(args, "file://"+file)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = time.Second
	timer := time.AfterFunc(patience, func() { cmd.Cancel() }) //nolint:errcheck // it has ended by itself
	defer timer.Stop()
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("%s: %v\n%s", c.path, err, errs.String())
	}
	return out.String(), errs.String()
}

// dom returns the document as the browser has it once it is loaded.
func (c chromium) dom(page string) string {
	c.t.Helper()
	out, _ := c.open(page, "--dump-dom")
	return out
}

// draw returns a picture of the page in a window of the given size.
func (c chromium) draw(page, size string, flags ...string) picture {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "page.png")
	c.open(page, append(flags, "--window-size="+size, "--screenshot="+file)...)
	f, err := os.Open(file)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		c.t.Fatalf("read the screenshot: %v", err)
	}
	p := picture{img.Bounds(), map[color.RGBA]int{}, img}
	for y := p.bounds.Min.Y; y < p.bounds.Max.Y; y++ {
		for x := p.bounds.Min.X; x < p.bounds.Max.X; x++ {
			p.pixels[p.at(x, y)]++
		}
	}
	return p
}

// picture is a screenshot and how many pixels of each colour it has.
type picture struct {
	bounds image.Rectangle
	pixels map[color.RGBA]int
	img    image.Image
}

func (p picture) at(x, y int) color.RGBA {
	return color.RGBAModel.Convert(p.img.At(x, y)).(color.RGBA)
}
