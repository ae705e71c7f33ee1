package extract

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// readWARC splits a web archive (WARC/1.0, 1.1) into its pages. Requests and records of
// the crawler are no content; failed answers and pictures are passed over.
func (in *intake) readWARC(p part) *Reject {
	before, passedOver := in.count(), 0
	data := p.data
	for len(bytes.TrimSpace(data)) > 0 {
		if in.full || in.ctx.Err() != nil {
			break
		}
		r, rest, ok := cutRecord(data)
		if !ok {
			in.reject(p, refuse(CodeMalformed, "a broken WARC record after %d items: cut the file before it", in.count()-before))
			break
		}
		data = rest
		q, isPage, isOther := warcPart(p, r)
		switch {
		case isPage:
			in.read(q)
		case isOther:
			passedOver++
		}
	}
	return in.settle(formatWARC, before, passedOver)
}

// warcRecord is a record of an archive, or an HTTP answer inside one: a first line, fields
// by lower-case name, and a block.
type warcRecord struct {
	first  string
	fields map[string]string
	block  []byte
}

// cutRecord takes the first record off.
func cutRecord(data []byte) (r warcRecord, rest []byte, ok bool) {
	data = bytes.TrimLeft(data, "\r\n")
	if !bytes.HasPrefix(data, []byte("WARC/")) {
		return r, nil, false
	}
	r, ok = cutFields(data)
	if !ok {
		return r, nil, false
	}
	n, err := strconv.Atoi(r.fields["content-length"])
	if err != nil || n < 0 || n > len(r.block) {
		return r, nil, false
	}
	rest = r.block[n:]
	r.block = r.block[:n]
	return r, rest, true
}

// maxFields is the most bytes of a head; real ones have under one kilobyte.
const maxFields = 64 << 10

// cutFields reads a first line and header fields up to a blank line.
func cutFields(data []byte) (warcRecord, bool) {
	head := data[:min(len(data), maxFields)]
	end, gap := bytes.Index(head, []byte("\r\n\r\n")), 4
	if i := bytes.Index(head, []byte("\n\n")); i >= 0 && (end < 0 || i < end) {
		end, gap = i, 2
	}
	if end < 0 {
		return warcRecord{}, false
	}
	r := warcRecord{fields: map[string]string{}, block: data[end+gap:]}
	for i, line := range strings.Split(string(head[:end]), "\n") {
		line = strings.TrimRight(line, "\r")
		if i == 0 {
			r.first = line
		} else if name, value, ok := strings.Cut(line, ":"); ok {
			r.fields[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		}
	}
	return r, true
}

// warcPart makes a part of a record that holds a page, or says that it holds something
// else that was archived.
func warcPart(p part, r warcRecord) (q part, isPage, isOther bool) {
	body, mediaType := r.block, r.fields["content-type"]
	switch r.fields["warc-type"] {
	case "response":
		answer, ok := cutFields(r.block)
		if !ok || !strings.HasPrefix(answer.first, "HTTP/") {
			return q, false, false // DNS and the like
		}
		if status := strings.Fields(answer.first); len(status) < 2 || status[1] != "200" {
			return q, false, true
		}
		body, mediaType = answer.block, answer.fields["content-type"]
		if strings.EqualFold(answer.fields["transfer-encoding"], "chunked") {
			body = unchunk(body)
		}
	case "resource", "conversion":
	default:
		return q, false, false
	}
	mediaType = strings.ToLower(mediaType)
	if len(bytes.TrimSpace(body)) == 0 || isOtherType(mediaType) {
		return q, false, true
	}
	address := strings.Trim(r.fields["warc-target-uri"], "<>")
	q = p.inner("", body)
	q.hints.URL, q.hints.Filename, q.hints.ContentType = address, "", mediaType
	if label := clean(address); label != "" {
		if len(label) > 200 {
			label = strings.ToValidUTF8(label[:200], "") + "…"
		}
		q.path = append(slices.Clone(p.path), label)
	}
	return q, true, false
}

// isOtherType reports whether a media type is one of what lies beside articles.
func isOtherType(mediaType string) bool {
	for _, prefix := range []string{"image/", "audio/", "video/", "font/", "text/css", "text/javascript", "application/javascript", "application/x-javascript", "application/font"} {
		if strings.HasPrefix(mediaType, prefix) {
			return true
		}
	}
	return false
}

// unchunk joins the chunks of an answer. Some crawlers store it joined and keep the
// field: what does not look like chunks is left as it is.
func unchunk(data []byte) []byte {
	var all []byte
	rest := data
	for {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		size, _, _ := strings.Cut(strings.TrimSpace(string(line[:min(len(line), 40)])), ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if !ok || err != nil || int(n) > len(after) {
			if all == nil {
				return data
			}
			return all
		}
		if n == 0 {
			return all
		}
		all = append(all, after[:n]...)
		rest = bytes.TrimLeft(after[n:], "\r\n")
	}
}
