package extract

import (
	"bytes"
	"mime"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// format is what the bytes of a file are.
type format string

const (
	formatText format = "text"
	formatHTML format = "page"
)

func (f format) mediaType() string {
	if f == formatHTML {
		return "text/html"
	}
	return "text/plain"
}

// magic are the first bytes of formats that are known but not read, with the way
// out for the sender.
var magic = []struct{ prefix, advice string }{
	{"\x1f\x8b", "a gzip file: send it uncompressed"},
	{"PK\x03\x04", "a zip or office file: send its members one by one, documents as text"},
	{"PK\x05\x06", "an empty zip file"},
	{"\x28\xb5\x2f\xfd", "a zstd file: send it uncompressed"},
	{"BZh", "a bzip2 file: send it uncompressed"},
	{"\xfd7zXZ", "an xz file: send it uncompressed"},
	{"7z\xbc\xaf", "a 7z file: send its members one by one"},
	{"%PDF-", "a PDF: send its text"},
	{"{\\rtf", "an RTF document: send it as text or HTML"},
	{"WARC/", "a web archive: send its pages one by one"},
	{"\x16\x16\x01", "an ANPA wire message: send its text"},
	{"\x01", "an IPTC 7901 wire message: send its text"},
	{"\x89PNG", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"GIF8", "an image"},
}

var (
	// Two of these tags make a page; prose about HTML rarely quotes two.
	htmlTag  = regexp.MustCompile(`(?i)<(?:!doctype html|html|head|body|title|meta|div|p|article|section|h[1-6]|br|span|a|ul|li|table)[\s>/]`)
	htmlHead = regexp.MustCompile(`(?i)^\s*(?:<!--[^>]*-->\s*)*<(?:!doctype html|html)[\s>]`)
	xmlHead  = regexp.MustCompile(`(?i)^\s*<(?:\?xml|rss|feed|rdf:rdf|nitf|newsml|newsitem|newsmessage|!doctype)[\s>]`)
	// A mail begins with header lines, of which at least two are usual ones.
	mailHead  = regexp.MustCompile(`^(?:From .*\r?\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}`)
	mailField = regexp.MustCompile(`(?im)^(?:received|return-path|delivered-to|message-id|mime-version|from|date|to|x-mailer):`)
)

// sniff tells the format of a file from its bytes, or refuses it.
func sniff(data []byte, h Hints) (format, *Reject) {
	if len(bytes.TrimSpace(data)) == 0 {
		return "", refuse(CodeNoText, "the file is empty")
	}
	for _, m := range magic {
		if bytes.HasPrefix(data, []byte(m.prefix)) {
			return "", refuse(CodeUnsupported, "%s", m.advice)
		}
	}
	if charsetOfBOM(data) == "" && bytes.IndexByte(data, 0) >= 0 {
		return "", refuse(CodeUnsupported, "binary data: send text or HTML")
	}

	// The look of the start is enough. UTF-16 shows its ASCII once the NULs are out.
	head := bytes.TrimPrefix(data[:min(len(data), 16<<10)], []byte("\xef\xbb\xbf"))
	if strings.HasPrefix(charsetOfBOM(data), "utf-16") {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	tags := len(htmlTag.FindAllIndex(head, 3))
	declared, _, _ := mime.ParseMediaType(h.ContentType)
	switch {
	case htmlHead.Match(head):
		return formatHTML, nil
	case xmlHead.Match(head):
		if bytes.Contains(bytes.ToLower(head), []byte("<html")) {
			return formatHTML, nil
		}
		return "", refuse(CodeUnsupported, "a feed or another XML file: send its articles one by one as text or HTML")
	case mailHead.Match(head) && len(mailField.FindAllIndex(head, 2)) == 2:
		return "", refuse(CodeUnsupported, "a mail: send its text or HTML part")
	case looksLikeJSON(data):
		return "", refuse(CodeUnsupported, "JSON: send the article's text or HTML")
	case tags >= 2, tags == 1 && (declared == "text/html" || declared == "application/xhtml+xml"):
		return formatHTML, nil
	}
	return formatText, nil
}

// looksLikeJSON reports whether the file begins with a whole JSON object or a list
// of them: one document, or one a line.
func looksLikeJSON(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(data) == 0 || data[0] != '{' && data[0] != '[' {
		return false
	}
	d := jsontext.NewDecoder(bytes.NewReader(data))
	return d.SkipValue() == nil
}
