package extract

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// metaCharset finds the charset a page declares in its head.
var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:-]+)`)

// charsetOfBOM names the encoding a byte order mark stands for, or "".
func charsetOfBOM(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "utf-16be"
	}
	return ""
}

// decode turns the bytes into valid UTF-8 and names the charset they were in.
//
// A byte order mark is believed first, then bytes that make sense as UTF-16 only, then
// valid UTF-8 (other charsets do not pass for it by accident), then a declaration that
// decodes without a loss, then what the letters' statistics say, and what is left is
// windows-1252, which any bytes are.
func decode(data []byte, f format, h Hints) (text, charset string, warnings []string) {
	switch bom := charsetOfBOM(data); {
	case bom == "utf-8":
		data = data[3:]
		if !utf8.Valid(data) {
			warnings = append(warnings, "invalid_utf8")
		}
		return strings.ToValidUTF8(string(data), "\ufffd"), bom, warnings
	case bom != "":
		// The decoder replaces lone surrogates, so it has no errors to give.
		b, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		return string(b), bom, nil
	}
	if order := utf16Order(data); order != "" {
		return decodeUTF16(data, order), order, []string{"charset_guessed"}
	}
	if utf8.Valid(data) && !bytes.Contains(data, []byte("\x1b$")) {
		return string(data), "utf-8", nil
	}
	for _, label := range declaredCharsets(data, f, h) {
		e, err := htmlindex.Get(label)
		if err != nil {
			continue
		}
		b, err := e.NewDecoder().Bytes(data)
		if err != nil || !utf8.Valid(b) || bytes.ContainsRune(b, utf8.RuneError) {
			continue
		}
		name, err := htmlindex.Name(e)
		if err != nil {
			continue
		}
		return string(b), name, nil
	}
	if text, name := guessCharset(data); name != "" {
		return text, name, []string{"charset_guessed"}
	}
	if utf8.Valid(data) {
		return string(data), "utf-8", nil
	}
	// Every byte is a character in windows-1252, so neither can this fail.
	b, _ := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(b), "windows-1252", []string{"charset_guessed"}
}

// declaredCharsets lists what the sender and the page say, the sender first.
func declaredCharsets(data []byte, f format, h Hints) []string {
	var labels []string
	if _, params, err := mime.ParseMediaType(h.ContentType); err == nil && params["charset"] != "" {
		labels = append(labels, params["charset"])
	}
	if f == formatHTML {
		if m := metaCharset.FindSubmatch(data[:min(len(data), 4<<10)]); m != nil {
			labels = append(labels, string(m[1]))
		}
	}
	return labels
}
