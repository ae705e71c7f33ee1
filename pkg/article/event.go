package article

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// CloudEvents headers in binary mode. They follow the draft of the CloudEvents
// NATS binding after 1.0.2: every attribute, datacontenttype too, is a header
// with the prefix "ce-".
const (
	HeaderEventSpec        = "ce-specversion"
	HeaderEventID          = "ce-id"
	HeaderEventSource      = "ce-source"
	HeaderEventType        = "ce-type"
	HeaderEventTime        = "ce-time"
	HeaderEventSubject     = "ce-subject"
	HeaderEventContentType = "ce-datacontenttype"
)

const (
	eventPrefix     = "ce-"
	structuredMedia = "application/cloudevents"
	recordMedia     = "application/json"
)

// ErrEvent marks an inbox message that says it is a CloudEvent and cannot be read
// as one. The same bytes will never be readable.
var ErrEvent = errors.New("not a readable CloudEvent")

// EventSource returns the CloudEvents source of what a stage publishes.
func EventSource(stage string) string { return "/copydesk/" + stage }

// EventType returns the CloudEvents type of what a stage publishes.
func EventType(stage string) string { return "copydesk.article." + stage + ".v1" }

// EventWriter writes the CloudEvents headers of one stage's messages. It is safe
// for concurrent use.
type EventWriter struct {
	spec, source, kind, media []string
}

// NewEventWriter returns the writer for a stage.
func NewEventWriter(stage string) *EventWriter {
	return &EventWriter{
		spec:   constant("1.0"),
		source: constant(escapeHeader(EventSource(stage))),
		kind:   constant(escapeHeader(EventType(stage))),
		media:  constant(recordMedia),
	}
}

// constant makes a header value that every message shares. Its capacity is its
// length, so that adding to the header copies it.
func constant(v string) []string { return []string{v}[:1:1] }

// Write sets the headers of a message about one version of an article. The values
// that do not change between messages are shared: replace them, never write
// into them.
func (w *EventWriter) Write(header map[string][]string, uri string, version int, at time.Time) {
	subject := escapeHeader(uri)
	values := [3]string{EventID(subject, version), subject, eventTime(at)}
	v := values[:]
	header[HeaderEventSpec] = w.spec
	header[HeaderEventID] = v[0:1:1]
	header[HeaderEventSource] = w.source
	header[HeaderEventType] = w.kind
	header[HeaderEventTime] = v[2:3:3]
	header[HeaderEventSubject] = v[1:2:2]
	header[HeaderEventContentType] = w.media
}

// eventTime formats a time as RFC 3339 in UTC.
func eventTime(at time.Time) string {
	var b [len(time.RFC3339Nano)]byte
	return string(at.UTC().AppendFormat(b[:0], time.RFC3339Nano))
}

// Event is what a CloudEvent says about its payload. Every attribute is a hint;
// one that is absent or malformed is empty.
type Event struct {
	ID, Source, Type, Subject string
	// ContentType is the media type of the payload, datacontenttype.
	ContentType string
	// Time is zero when it is not known.
	Time time.Time
}

// ReadEvent returns the payload of an inbox message and, if the message is a
// CloudEvent, what it says about the payload. For any other message the event is
// nil and the payload is data as it came.
//
// A message is in structured mode when its Content-Type begins with
// application/cloudevents, or when it has no Content-Type and is a JSON object
// with a specversion, as in the released 1.0.2 of the binding. It is in binary
// mode when it has a ce-specversion header. Header names are compared without
// case. Errors wrap ErrEvent.
func ReadEvent(header map[string][]string, data []byte) (*Event, []byte, error) {
	media := headerFold(header, HeaderContentType)
	switch {
	case len(media) >= len(structuredMedia) && strings.EqualFold(media[:len(structuredMedia)], structuredMedia):
		return readStructured(data, media)
	case headerFold(header, HeaderEventSpec) != "":
		return readBinary(header), data, nil
	case media == "" && looksStructured(data):
		return readStructured(data, media)
	}
	return nil, data, nil
}

func readBinary(header map[string][]string) *Event {
	e := &Event{}
	for name, values := range header {
		if len(values) == 0 || len(name) <= len(eventPrefix) || !strings.EqualFold(name[:len(eventPrefix)], eventPrefix) {
			continue
		}
		value, ok := unescapeHeader(values[0])
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case HeaderEventID:
			e.ID = value
		case HeaderEventSource:
			e.Source = value
		case HeaderEventType:
			e.Type = value
		case HeaderEventSubject:
			e.Subject = value
		case HeaderEventContentType:
			e.ContentType = value
		case HeaderEventTime:
			e.Time, _ = time.Parse(time.RFC3339, value)
		}
	}
	if e.ContentType == "" {
		e.ContentType = headerFold(header, HeaderContentType)
	}
	return e
}

// sniffLimit is how far into a JSON object without a Content-Type we look for the
// name specversion before taking it for a plain JSON file.
const sniffLimit = 4096

func looksStructured(data []byte) bool {
	head := data[:min(len(data), sniffLimit)]
	s := strings.TrimLeft(string(head), " \t\r\n")
	return strings.HasPrefix(s, "{") && strings.Contains(s, `"specversion"`)
}

// structured is the JSON event format.
type structured struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	Type        string         `json:"type"`
	Subject     string         `json:"subject"`
	ContentType string         `json:"datacontenttype"`
	Time        string         `json:"time"`
	Data        jsontext.Value `json:"data"`
	Base64      []byte         `json:"data_base64"`
}

func readStructured(data []byte, media string) (*Event, []byte, error) {
	if sub := strings.ToLower(media); strings.HasPrefix(sub, structuredMedia+"-batch") {
		return nil, nil, fmt.Errorf("%w: the NATS binding has no batch mode", ErrEvent)
	}
	var s structured
	if err := json.Unmarshal(data, &s); err != nil {
		if media == "" {
			return nil, data, nil // only a guess: leave it to those who read files
		}
		return nil, nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	if !strings.HasPrefix(s.SpecVersion, "1.") {
		if media == "" {
			return nil, data, nil
		}
		return nil, nil, fmt.Errorf("%w: specversion %q", ErrEvent, s.SpecVersion)
	}
	if s.Data.Kind() == 'n' {
		s.Data = nil
	}
	if s.Data != nil && s.Base64 != nil {
		return nil, nil, fmt.Errorf("%w: both data and data_base64", ErrEvent)
	}
	e := &Event{ID: s.ID, Source: s.Source, Type: s.Type, Subject: s.Subject, ContentType: s.ContentType}
	e.Time, _ = time.Parse(time.RFC3339, s.Time)
	payload := s.Base64
	if s.Data != nil {
		payload = s.payload()
	}
	return e, payload, nil
}

// payload returns the bytes that the data member stands for. A JSON string is the
// payload itself unless its type says JSON: then the string is the document. A
// string without a type would be JSON by the letter of the format, but nobody
// drops a bare JSON string as news, so it is taken as text.
func (s *structured) payload() []byte {
	if s.Data.Kind() != '"' || isJSON(s.ContentType) {
		return s.Data
	}
	text, err := jsontext.AppendUnquote(nil, s.Data)
	if err != nil {
		return s.Data
	}
	return text
}

// isJSON reports whether a media type is JSON: application/json, text/json or
// any type that ends in +json.
func isJSON(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json")
}

// headerFold returns the first value of a header, whatever the case of its name.
func headerFold(header map[string][]string, name string) string {
	if v := header[name]; len(v) > 0 {
		return v[0]
	}
	for k, v := range header {
		if len(v) > 0 && strings.EqualFold(k, name) {
			return v[0]
		}
	}
	return ""
}

const upperHex = "0123456789ABCDEF"

// escapeHeader percent-encodes what the binding does not allow in a header value:
// space, ", % and every byte outside printable ASCII.
func escapeHeader(s string) string {
	i := 0
	for i < len(s) && headerByte(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	b := make([]byte, i, len(s)+16)
	copy(b, s)
	for ; i < len(s); i++ {
		if c := s[i]; headerByte(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

func headerByte(c byte) bool { return c > ' ' && c < 0x7f && c != '"' && c != '%' }

// unescapeHeader reverses escapeHeader, after taking off the quotes of older
// senders. It reports false for what is not UTF-8, which the binding rejects.
func unescapeHeader(s string) (string, bool) {
	s = unquoteHeader(s)
	if !strings.Contains(s, "%") {
		return s, utf8.ValidString(s)
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := fromHex(s[i+1]), fromHex(s[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b), utf8.Valid(b)
}

// unquoteHeader undoes the quoted-string form of RFC 7230, section 3.2.6.
func unquoteHeader(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

func fromHex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
