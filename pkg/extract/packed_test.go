package extract

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// outline is what the tests of containers look at in an item.
func outline(items []Item) []string {
	var lines []string
	for _, item := range items {
		if r := item.Reject; r != nil {
			lines = append(lines, strings.Join(append(r.Path, "reject "+r.Code), " > "))
			continue
		}
		a := item.Article
		lines = append(lines, strings.Join(append(a.Input.Path[:len(a.Input.Path):len(a.Input.Path)],
			fmt.Sprintf("%d/%d %s %.24q", a.Input.Index, a.Input.Count, a.Input.MediaType, *a.Text)), " > "))
	}
	return lines
}

// codeOf returns the code of a rejected file.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	var r *Reject
	if !errors.As(err, &r) {
		t.Fatalf("got error %v, want a Reject", err)
	}
	if Classes[r.Code] != r.Class || r.Class == "" {
		t.Errorf("code %s with class %q is not in the list", r.Code, r.Class)
	}
	return r.Code
}

func gzipped(t testing.TB, data string) string {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func zstdPacked(t testing.TB, data string) string {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
}

func xzPacked(t testing.TB, data string) string {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
}

func packed(t testing.TB, data string, open func(io.Writer) (io.WriteCloser, error)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipped packs names and contents, in turns.
func zipped(t testing.TB, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPacked(t *testing.T) {
	t.Parallel()
	page := "<html><body><p>" + prose + "</p></body></html>"
	for _, tc := range []struct {
		name, data string
		want       []string
	}{
		{"a text in gzip", gzipped(t, prose), []string{`0/1 text/plain "Dock workers at the larg"`}},
		{"a page in zstd", zstdPacked(t, page), []string{`0/1 text/html "Dock workers at the larg"`}},
		{"a text in xz", xzPacked(t, prose), []string{`0/1 text/plain "Dock workers at the larg"`}},
		{"a text in gzip in zstd", zstdPacked(t, gzipped(t, prose)), []string{`0/1 text/plain "Dock workers at the larg"`}},
		{
			"a zip of articles, pictures and what the Mac adds",
			zipped(t, "day/", "", "day/one.txt", prose, "two.html", page, "logo.png", "\x89PNG", "__MACOSX/._one.txt", "\x00\x05"),
			[]string{`one.txt > 0/2 text/plain "Dock workers at the larg"`, `two.html > 1/2 text/html "Dock workers at the larg"`},
		},
		{
			"a member that cannot be read does not harm its neighbours",
			zipped(t, "one.txt", prose, "bad.gz", "\x1f\x8b\x08", "numbers.txt", "1 2 3", "four.txt.gz", gzipped(t, prose)),
			[]string{
				`one.txt > 0/4 text/plain "Dock workers at the larg"`, "bad.gz > reject malformed", "numbers.txt > reject no_text",
				`four.txt.gz > 3/4 text/plain "Dock workers at the larg"`,
			},
		},
		{
			"names of members are labels",
			zipped(t, "../../etc/pass\x1bwd", prose, `c:\news\harbour.txt`, prose),
			[]string{`passwd > 0/2 text/plain "Dock workers at the larg"`, `harbour.txt > 1/2 text/plain "Dock workers at the larg"`},
		},
		{
			"a zip in a zip",
			zipped(t, "monday.zip", zipped(t, "one.txt", prose)),
			[]string{`monday.zip > one.txt > 0/1 text/plain "Dock workers at the larg"`},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			items, err := File(t.Context(), []byte(tc.data), Hints{Received: received}, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, outline(items)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPacked_hostile(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 16<<20)
	encrypted := []byte(zipped(t, "secret.txt", prose))
	encrypted[6] |= 1
	central := bytes.Index(encrypted, []byte("PK\x01\x02"))
	encrypted[central+8] |= 1
	many := make([]string, 0, 22_000)
	for i := range 11_000 {
		many = append(many, fmt.Sprint(i), "")
	}
	bombs := make([]string, 0, 40)
	for i := range 20 {
		bombs = append(bombs, fmt.Sprint(i, ".txt"), zeros[:5<<20]+prose)
	}
	for _, tc := range []struct{ name, data, code string }{
		{"a gzip bomb", gzipped(t, zeros), CodeBomb},
		{"a zstd bomb", zstdPacked(t, zeros), CodeBomb},
		{"an xz bomb", xzPacked(t, zeros), CodeBomb},
		{"a gzip bomb in gzip", gzipped(t, gzipped(t, zeros)), CodeBomb},
		{"a zip bomb", zipped(t, "a.txt", zeros), CodeBomb},
		{"a bomb in a zip in a zip", zipped(t, "b.zip", zipped(t, "a.txt", zeros)), CodeBomb},
		{"an xz file that asks for 4 GiB first", hugeXz(t), CodeBomb},
		{"a zstd file that asks for a large window first", "\x28\xb5\x2f\xfd\x00\xa8" + strings.Repeat("x", 100), CodeBomb},
		{"gzip five times over", gzipped(t, gzipped(t, gzipped(t, gzipped(t, gzipped(t, prose))))), CodeDepth},
		{"zips five deep", zipped(t, "a", zipped(t, "b", zipped(t, "c", zipped(t, "d", zipped(t, "e", prose))))), CodeDepth},
		{"a zip of 11,000 members", zipped(t, many...), CodeTooMany},
		{"a zip with a password", string(encrypted), CodeEncrypted},
		{"half a gzip file", gzipped(t, prose)[:40], CodeMalformed},
		{"half a zip file", zipped(t, "a.txt", prose)[:90], CodeMalformed},
		{"half an xz file", xzPacked(t, prose)[:60], CodeMalformed},
		{"an empty zip", zipped(t), CodeNoItems},
		{"a zip of pictures", zipped(t, "a.png", "x", "b.jpg", "y"), CodeNoItems},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := File(t.Context(), []byte(tc.data), Hints{}, Limits{})
			if got := codeOf(t, err); got != tc.code {
				t.Errorf("got %v, want %s", err, tc.code)
			}
		})
	}

	t.Run("members that together unpack to more than the limit", func(t *testing.T) {
		t.Parallel()
		items, err := File(t.Context(), []byte(zipped(t, bombs...)), Hints{}, Limits{Ratio: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(items); n != 13 || items[12].Reject == nil || items[12].Reject.Code != CodeBomb {
			t.Errorf("got %d items, want 12 and a bomb", n)
		}
	})
	t.Run("more bad members than are rejected one by one", func(t *testing.T) {
		t.Parallel()
		items, err := File(t.Context(), []byte(zipped(t, many[:400]...)), Hints{}, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(items); n != 101 || !strings.Contains(items[100].Reject.Error(), "100 more items") {
			t.Errorf("got %d items ending in %v, want 101", n, items[n-1].Reject)
		}
	})
}

// hugeXz returns an xz file whose block header names the largest dictionary.
func hugeXz(t *testing.T) string {
	data := []byte(xzPacked(t, prose))
	const block = 12
	end := block + int(data[block])*4
	at := block + bytes.Index(data[block:end], []byte{0x21, 1})
	data[at+2] = 40
	binary.LittleEndian.PutUint32(data[end:], crc32.ChecksumIEEE(data[block:end]))
	return string(data)
}
