package extract

import (
	"bytes"
	"maps"
	"mime"
	"regexp"
	"slices"
	"strings"
)

// format is what the bytes of a file are. Its value is the word for it in errors.
type format string

const (
	formatText     format = "text"
	formatHTML     format = "page"
	formatZip      format = "zip file"
	formatJSON     format = "JSON"
	formatNDJSON   format = "JSON file"
	formatFeed     format = "feed"
	formatNITF     format = "NITF document"
	formatNewsML   format = "NewsML document"
	formatNewsMLG2 format = "NewsML-G2 document"
	formatANPA     format = "ANPA message"
	formatIPTC7901 format = "IPTC 7901 message"
	formatMail     format = "mail"
	formatMbox     format = "mailbox"
	formatMarkdown format = "Markdown text"
	formatWARC     format = "web archive"
	formatDOCX     format = "Word document"
	formatODT      format = "OpenDocument text"
	formatPDF      format = "PDF"
)

// mediaTypes of the formats that articles are found in.
var mediaTypes = map[format]string{
	formatText:     "text/plain",
	formatHTML:     "text/html",
	formatZip:      "application/zip",
	formatJSON:     "application/json",
	formatNDJSON:   "application/x-ndjson",
	formatFeed:     "application/xml",
	formatNITF:     "application/vnd.iptc.nitf+xml",
	formatNewsML:   "application/vnd.iptc.newsml+xml",
	formatNewsMLG2: "application/vnd.iptc.g2.newsitem+xml",
	formatANPA:     "text/vnd.iptc.anpa",
	formatIPTC7901: "text/vnd.iptc.iptc7901",
	formatMail:     "message/rfc822",
	formatMbox:     "application/mbox",
	formatMarkdown: "text/markdown",
	formatWARC:     "application/warc",
	formatDOCX:     "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	formatODT:      "application/vnd.oasis.opendocument.text",
	formatPDF:      "application/pdf",
}

// What a JSON file is called whose articles name their own shape.
const (
	mediaNinjs  = "application/vnd.iptc.ninjs+json"
	mediaRecord = "application/vnd.copydesk.article+json"
)

// MediaTypes lists what Article.Input.MediaType can be.
func MediaTypes() []string {
	return append(slices.Sorted(maps.Values(mediaTypes)), mediaNinjs, mediaRecord)
}

func (f format) mediaType() string { return mediaTypes[f] }

// isContainer reports whether a format holds files of any format.
func (f format) isContainer() bool {
	return f == formatZip || f == formatMail || f == formatMbox || f == formatWARC
}

// magic are the first bytes of formats, and of those that are known but not read, with
// the way out for the sender.
var magic = []struct {
	prefix string
	format format
	advice string
}{
	{"PK\x03\x04", formatZip, ""},
	{"PK\x05\x06", formatZip, ""},
	{"7z\xbc\xaf\x27\x1c", "", "a 7z file: send it as zip"},
	{"Rar!\x1a\x07", "", "a rar file: send it as zip"},
	{"%PDF-", formatPDF, ""},
	{"{\\rtf", "", "an RTF document: send it as DOCX, text or HTML"},
	{"\xd0\xcf\x11\xe0", "", "an old Office document or one with a password: save it as DOCX without one"},
	{"WARC/", formatWARC, ""},
	{"\x89PNG", "", "an image: send text"},
	{"\xff\xd8\xff", "", "an image: send text"},
	{"GIF8", "", "an image: send text"},
	{"RIFF", "", "an image or a recording: send text"},
	{"ID3", "", "a recording: send its transcript"},
	{"\x7fELF", "", "a program: send text"},
}

// xmlRoots are the formats by the name of their first element, lower case.
var xmlRoots = map[string]format{
	"rss": formatFeed, "rdf": formatFeed, "feed": formatFeed,
	"nitf":        formatNITF,
	"newsml":      formatNewsML,
	"newsmessage": formatNewsMLG2, "newsitem": formatNewsMLG2, "packageitem": formatNewsMLG2,
	"html": formatHTML,
}

var (
	// Two of these tags make a page; prose about HTML rarely quotes two.
	htmlTag  = regexp.MustCompile(`(?i)<(?:!doctype html|html|head|body|title|meta|div|p|article|section|h[1-6]|br|span|a|ul|li|table)[\s>/]`)
	htmlHead = regexp.MustCompile(`(?i)^\s*(?:<!--[^>]*-->\s*)*<(?:!doctype html|html)[\s>]`)
	xmlHead  = regexp.MustCompile(`(?i)^\s*(?:<!--[^>]*-->\s*)*<(?:\?xml|rss|feed|rdf:rdf|nitf|newsml|newsitem|newsmessage|packageitem|[a-z]+:feed|!doctype)[\s>]`)
	// A mail begins with header lines, of which at least two are usual ones.
	mailHead  = regexp.MustCompile(`^(?:From .*\r?\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2,}`)
	mailField = regexp.MustCompile(`(?im)^(?:received|return-path|delivered-to|message-id|mime-version|from|date|to|x-mailer):`)
)

// sniff tells the format of a part from its bytes, or refuses it.
func sniff(data []byte, h Hints) (format, *Reject) {
	if len(bytes.TrimSpace(data)) == 0 {
		return "", refuse(CodeNoText, "the file is empty: nothing to read")
	}
	for _, m := range magic {
		if bytes.HasPrefix(data, []byte(m.prefix)) {
			if m.format == "" {
				return "", refuse(CodeUnsupported, "%s", m.advice)
			}
			return m.format, nil
		}
	}
	if f := sniffWire(data); f != "" {
		return f, nil
	}
	wide := strings.HasPrefix(charsetOfBOM(data), "utf-16") || utf16Order(data) != ""
	if !wide && bytes.IndexByte(data, 0) >= 0 {
		if h.ContentEncoding != "" {
			return "", refuse(CodeUnsupported, "binary data, declared as %q: send it unpacked, or as gzip, zstd or xz", h.ContentEncoding)
		}
		return "", refuse(CodeUnsupported, "binary data: send text, a page or a document")
	}

	// The look of the start is enough. UTF-16 shows its ASCII once the NULs are out.
	head := bytes.TrimPrefix(data[:min(len(data), 16<<10)], []byte("\xef\xbb\xbf"))
	if wide {
		head = bytes.ReplaceAll(bytes.TrimLeft(head, "\xff\xfe"), []byte{0}, nil)
	}
	tags := len(htmlTag.FindAllIndex(head, 3))
	shape := jsonShape(data)
	declared, _, _ := mime.ParseMediaType(h.ContentType)
	switch {
	case htmlHead.Match(head):
		return formatHTML, nil
	case xmlHead.Match(head):
		if f, ok := xmlRoots[strings.ToLower(rootOf(string(head)))]; ok {
			return f, nil
		}
		return "", refuse(CodeUnsupported, "XML of an unknown kind (<%s>): send NITF, NewsML, a feed, or HTML", rootOf(string(head)))
	case mailHead.Match(bytes.TrimLeft(head, " \t\r\n")) && len(mailField.FindAllIndex(head, 2)) == 2:
		if isMbox(data) {
			return formatMbox, nil
		}
		return formatMail, nil
	case shape != "":
		return shape, nil
	case tags >= 2, tags == 1 && (declared == "text/html" || declared == "application/xhtml+xml"):
		return formatHTML, nil
	case looksLikeMarkdown(head, declared, strings.ToLower(h.Filename)):
		return formatMarkdown, nil
	}
	return formatText, nil
}

// sniffWire tells wire messages by their control bytes: every ANPA message of eleven
// published ones began SYN SYN SOH, every IPTC 7901 message of six with SOH. A line of
// ANPA without its synchronisation is told by its second line.
func sniffWire(data []byte) format {
	start := bytes.TrimLeft(data[:min(len(data), 1<<10)], "\x16\r\n ")
	if !bytes.HasPrefix(start, []byte(soh)) || !bytes.Contains(start, []byte(stx)) {
		return ""
	}
	head, _, _ := bytes.Cut(start[1:], []byte(stx))
	switch {
	case iptcHead.Match(head):
		return formatIPTC7901
	case bytes.HasPrefix(data, []byte("\x16")), anpaKey.MatchString(lines(string(head))):
		return formatANPA
	}
	if wireID.Match(head) {
		return formatIPTC7901
	}
	return ""
}

// wireID begins the head of every message: a source and a number.
var wireID = regexp.MustCompile(`^\s*[A-Za-z]{1,6}-?\d{1,6}\b`)
