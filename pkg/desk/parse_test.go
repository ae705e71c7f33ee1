package desk

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/ulikunitz/xz"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/extract"
	"github.com/copydesk/copydesk/pkg/isolate"
)

// The children of these tests are this test binary.
func TestMain(m *testing.M) {
	ServeIsolated()
	os.Exit(m.Run())
}

// deadline of the children. The race detector makes them several times slower.
const deadline = 20 * time.Second

func newReader(t *testing.T) *reader {
	t.Helper()
	return readerWith(t, isolate.Options{Size: 2, Deadline: deadline})
}

func readerWith(t *testing.T, o isolate.Options) *reader {
	t.Helper()
	o.Name = isolated
	pool, err := isolate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &reader{pool: pool, limits: extract.Limits{Raw: bus.MaxFile}}
}

func TestReader_readsTheSameInAChild(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "deploy", "samples", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	away, here := newReader(t), &reader{limits: extract.Limits{Raw: bus.MaxFile}}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	inputs := map[string][]byte{"nothing but noise": []byte("\x89PNG\r\n\x1a\n\x00")}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		inputs[filepath.Base(name)] = b
		w, err := z.Create(filepath.Base(name))
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	inputs["all of them in a zip"] = archive.Bytes()
	const boilerplate = "From our harbour desk."
	inputs["a page with learnt boilerplate"] = []byte("<html><body><p>" + boilerplate + "</p>" +
		strings.Repeat("<p>Dock workers voted on Monday to stay away for a second week.</p>", 5) + "</body></html>")
	var edges extract.Edges
	for day := range 6 {
		items, err := extract.File(t.Context(), fmt.Appendf(nil, "%s\n\nOne %c.\n\nTwo.\n\nThe council of ward %c met and adjourned.\n\nFour.\n\nFive.\n\nSix.", boilerplate, 'a'+day, 'a'+day), extract.Hints{Learn: true}, extract.Limits{})
		if err != nil || items[0].Edge == nil {
			t.Fatalf("a text taught nothing: %v", err)
		}
		edges.Learn(*items[0].Edge, time.Unix(int64(day)*24*60*60, 0))
	}
	rules := (*extract.Rules)(nil).With(map[string][]string{"test": edges.Learnt()})
	for name, data := range inputs {
		h := extract.Hints{Filename: name, Source: "test", Boilerplate: rules, Learn: true, Received: time.Date(2026, 11, 22, 12, 0, 0, 5, time.UTC), Seq: 7}
		want, wantErr := here.read(t.Context(), data, h)
		got, gotErr := away.read(t.Context(), data, h)
		if name == "a page with learnt boilerplate" && (len(want) != 1 || len(want[0].Article.Cleaning.Removed) != 1) {
			t.Errorf("%s: nothing was learnt: %+v", name, want)
		}
		if fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
			t.Errorf("%s: error %v, want %v", name, gotErr, wantErr)
		}
		if diff := cmp.Diff(encoded(t, want), encoded(t, got)); diff != "" {
			t.Errorf("%s (-here +in a child):\n%s", name, diff)
		}
	}
}

func encoded(t *testing.T, items []extract.Item) []string {
	t.Helper()
	var out []string
	for _, it := range items {
		if it.Reject != nil {
			out = append(out, fmt.Sprintf("%s %s %v: %v", it.Reject.Code, it.Reject.Class, it.Reject.Path, it.Reject.Err))
			continue
		}
		b, err := article.Encode(it.Article)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %+v", b, it.Edge))
	}
	return out
}

// hostile are files made to hang, overflow or eat the program that reads them.
func hostile(t *testing.T) map[string][]byte {
	t.Helper()
	const bomb = 24 // MiB, of zeros: a thousandth of it when packed
	zeros := func(w io.WriteCloser, n int) {
		block := make([]byte, 1<<20)
		for range n {
			if _, err := w.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	zipped := func(name string, data []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var gz, zs, xzs, plain bytes.Buffer
	zeros(gzip.NewWriter(&gz), bomb)
	enc, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	zeros(enc, bomb)
	x, err := xz.NewWriter(&xzs)
	if err != nil {
		t.Fatal(err)
	}
	zeros(x, bomb)
	zeros(nopCloser{&plain}, bomb)
	nested := zipped("story.txt", []byte("The lock at Øster will close for eleven weeks, the port said on Monday."))
	for range 10 {
		nested = zipped("inner.zip", nested)
	}
	document := func(xml string) []byte { return zipped("word/document.xml", []byte(xml)) }
	const page = "<!doctype html><html><head><title>Lock closes</title></head><body>"
	return map[string][]byte{
		"100k nested div":         []byte(page + strings.Repeat("<div>", 100_000) + "The lock will close."),
		"500k nested b and i":     []byte(page + strings.Repeat("<b><i>", 500_000) + "The lock will close."),
		"40k paragraphs":          []byte(page + strings.Repeat("<p>The lock at the port will close for weeks.", 40_000)),
		"100k links":              []byte(page + strings.Repeat(`<a href="/x">The lock</a> `, 100_000)),
		"an attribute of 8 MB":    []byte(page + `<p title="` + strings.Repeat("a", 8<<20) + `">The lock will close.`),
		"300k comments":           []byte(page + strings.Repeat("<!--x-->", 300_000) + "<p>The lock will close."),
		"1M unclosed elements":    []byte(`<?xml version="1.0"?><rss><channel><item>` + strings.Repeat("<a>", 1_000_000)),
		"a billion laughs":        []byte(`<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>`),
		"NITF 100k deep":          []byte(`<?xml version="1.0"?><nitf><body>` + strings.Repeat("<block>", 100_000)),
		"JSON 1M deep":            []byte(`{"title":"x","text":` + strings.Repeat("[", 1_000_000)),
		"10k nested multiparts":   []byte("From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 10_000)),
		"200k parts":              []byte("From: a@example.com\nTo: b@example.com\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 200_000)),
		"a gzip bomb":             gz.Bytes(),
		"a zstd bomb":             zs.Bytes(),
		"an xz bomb":              xzs.Bytes(),
		"a zip bomb":              zipped("bomb.txt", plain.Bytes()),
		"a zip in ten zips":       nested,
		"a DOCX bomb":             document(plain.String()),
		"a DOCX 1M elements deep": document(`<w:document xmlns:w="w"><w:body>` + strings.Repeat("<w:p>", 1_000_000)),
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func TestReader_hostileFilesEndAsAnArticleOrACodedReject(t *testing.T) {
	t.Parallel()
	shared := newReader(t)
	for name, data := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			r := shared
			if !raceEnabled { // children of its own, whose memory is this file's doing
				r = newReader(t)
			}
			start := time.Now()
			items, err := r.read(t.Context(), data, extract.Hints{Source: "test", Received: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
			took := time.Since(start)
			var reject *extract.Reject
			switch {
			case errors.As(err, &reject):
				if reject.Class != extract.Classes[reject.Code] || reject.Class == "" {
					t.Errorf("code %q of class %q is not in the list", reject.Code, reject.Class)
				}
				t.Logf("%s in %s", reject.Code, took)
			case err != nil:
				t.Errorf("error without a code: %v", err)
			default:
				t.Logf("%d items in %s", len(items), took)
			}
			if took > deadline+5*time.Second {
				t.Errorf("it took %s with a deadline of %s", took, deadline)
			}
			peak := r.pool.Stats().Peak
			t.Logf("%d MiB", peak>>20)
			if runtime.GOOS == "linux" && (peak == 0 && !extract.Plain(data, extract.Hints{}) || peak > maxResident) {
				t.Errorf("its child held %d MiB, want at most %d", peak>>20, maxResident>>20)
			}
			// What the file did to the child, it did to no other.
			items, err = r.read(t.Context(), []byte("<html><body><p>The lock at the port will close for eleven weeks, officials said on Monday.</p></body></html>"), extract.Hints{})
			if err != nil || len(items) != 1 || items[0].Article == nil {
				t.Errorf("after that a plain page gives %d items, %v", len(items), err)
			}
		})
	}
}

// maxResident is the most memory a child may hold, whatever it reads.
const maxResident = 768 << 20

// bigFeed has honest entries, many.
func bigFeed(entries int) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour news</title>`)
	for n := range entries {
		fmt.Fprintf(&b, "<item><title>Lock %d closes</title><description>&lt;p&gt;", n)
		for i := range 12 {
			fmt.Fprintf(&b, "Lock %d at the port will close for %d weeks, officials said on Monday, and ships must take the northern passage.&lt;/p&gt;&lt;p&gt;", n, i)
		}
		b.WriteString("It reopens later.&lt;/p&gt;</description></item>")
	}
	b.WriteString("</channel></rss>")
	return b.Bytes()
}

func TestReader_largeFilesFinishAndHangingOnesDoNot(t *testing.T) {
	t.Parallel()
	const entries = 3000
	const roomy = 3 << 30 // the race detector needs several times what the feed does
	feed := bigFeed(entries)
	start := time.Now()
	items, err := readerWith(t, isolate.Options{Deadline: time.Minute, Memory: roomy}).read(t.Context(), feed, extract.Hints{Source: "test"})
	if err != nil || len(items) != entries {
		t.Fatalf("%d items, %v", len(items), err)
	}
	// With a deadline of half of what it takes in all, it finishes item by item. The
	// second is for the child to start in.
	half := max(time.Since(start)/2, time.Second)
	items, err = readerWith(t, isolate.Options{Deadline: half, Total: time.Minute, Memory: roomy}).read(t.Context(), feed, extract.Hints{Source: "test"})
	if err != nil || len(items) != entries {
		t.Errorf("a feed of %d MB under a deadline of %s: %d items, %v", len(feed)>>20, half, len(items), err)
	}
	// A page is one item, and its time is up.
	page := []byte("<!doctype html><html><body>" + strings.Repeat(`<p><a href="/x">The lock at the port</a> will close for weeks.`, 9_000))
	short := 100 * time.Millisecond
	start = time.Now()
	_, err = readerWith(t, isolate.Options{Deadline: short}).read(t.Context(), page, extract.Hints{Source: "test"})
	var reject *extract.Reject
	if !errors.As(err, &reject) || reject.Code != extract.CodeTimeout {
		t.Errorf("a page of 9,000 links under a deadline of %s: %v", short, err)
	}
	if took := time.Since(start); took > short+5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestReader_readsALargeFeed reads as much as a file may have items, under the deadlines
// of production. The race detector would take minutes: only on request.
func TestReader_readsALargeFeed(t *testing.T) {
	if os.Getenv("COPYDESK_SLOW_TESTS") == "" {
		t.Skip("set COPYDESK_SLOW_TESTS")
	}
	feed := bigFeed(9900)
	r := readerWith(t, isolate.Options{})
	start := time.Now()
	items, err := r.read(t.Context(), feed, extract.Hints{Source: "test", Learn: true})
	t.Logf("%d MB, %d items in %s, %d MiB", len(feed)>>20, len(items), time.Since(start), r.pool.Stats().Peak>>20)
	if err != nil || len(items) != 9900 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestDesk_exportsItsChildren(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	m := newMetrics(reg)
	values := func() map[string]float64 {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		v := map[string]float64{}
		for _, f := range families {
			for _, s := range f.GetMetric() {
				name := f.GetName()
				for _, l := range s.GetLabel() {
					name += " " + l.GetValue()
				}
				v[name] = s.GetGauge().GetValue() + s.GetCounter().GetValue()
			}
		}
		return v
	}
	if v, ok := values()["copydesk_isolate_ended_total deadline"]; v != 0 || !ok {
		t.Errorf("before there is a pool, children ended by a deadline are %g (there: %v)", v, ok)
	}
	r := readerWith(t, isolate.Options{})
	m.children.watch(r.pool)
	if _, err := r.read(t.Context(), bigFeed(3), extract.Hints{}); err != nil {
		t.Fatal(err)
	}
	v := values()
	if v["copydesk_isolate_children"] != 1 || runtime.GOOS == "linux" && v["copydesk_isolate_peak_resident_bytes"] < 1<<20 {
		t.Errorf("metrics are %v", v)
	}
}
