package article

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// DeadSchemaV1 is the value of Dead.Schema in this version of the wrapper.
const DeadSchemaV1 = "copydesk.dead/1"

// Class says whose fault it is that an item died.
type Class string

// The classes.
const (
	ClassInput Class = "input" // the bytes cannot be processed, by anyone
	ClassFault Class = "fault" // copydesk or something it depends on failed
)

// Dead is a dead letter as the command line shows it. On NATS a dead letter is
// the failing stage's input bytes, unchanged, and the rest is in its headers.
type Dead struct {
	// Schema names the version of the wrapper, DeadSchemaV1.
	Schema string `json:"schema"`
	Item   string `json:"item"`
	// Stage is the one that gave up.
	Stage string `json:"stage"`
	// Reason is a code, such as "no_items", "too_large" or "panic".
	Reason string `json:"reason"`
	Class  Class  `json:"class"`
	// Error is the last error in words.
	Error string `json:"error"`
	// Attempts counts the deliveries to the stage.
	Attempts int    `json:"attempts"`
	Origin   Origin `json:"origin"`
	// Source is the sender's token.
	Source string `json:"source"`
	Lane   Lane   `json:"lane"`
	// Received is when the inbox stored the file, null if that is not known.
	Received *time.Time `json:"received"`
	// Text is the stage's input when it is UTF-8, InputBase64 when it is not. Both
	// are null when the input is in Blob.
	Text        *string `json:"text"`
	InputBase64 []byte  `json:"input_base64"`
	// Blob names where a large input is, "<bucket>/<name>".
	Blob    *string `json:"blob"`
	Unknown Unknown `json:",embed"`
}

// Origin is where a dead letter's input was stored and its place in its file.
type Origin struct {
	Stream  string `json:"stream"`
	Subject string `json:"subject"`
	// Seq is the file's sequence in its inbox stream.
	Seq     uint64  `json:"seq"`
	Index   int     `json:"index"`
	Count   int     `json:"count"`
	Unknown Unknown `json:",embed"`
}

// SetInput puts the failing stage's input into the wrapper in the form that shows
// it best.
func (d *Dead) SetInput(input []byte) {
	d.Text, d.InputBase64 = nil, nil
	if utf8.Valid(input) {
		s := string(input)
		d.Text = &s
		return
	}
	d.InputBase64 = input
}

// Encode returns the wrapper as one line of JSON.
func (d *Dead) Encode() ([]byte, error) {
	// A nil []byte would encode as "", and absent bytes must be null.
	b, err := json.Marshal(d, encodeOptions, json.FormatNilSliceAsNull(true))
	if err != nil {
		return nil, fmt.Errorf("encode dead letter %s: %w", d.Item, err)
	}
	return b, nil
}

// DecodeDead reads a wrapper. Unknown fields are kept.
func DecodeDead(b []byte) (*Dead, error) {
	var d Dead
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("decode dead letter: %w", err)
	}
	if d.Schema != DeadSchemaV1 {
		return nil, fmt.Errorf("decode dead letter: schema %q is not %q", d.Schema, DeadSchemaV1)
	}
	return &d, nil
}
