package article

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// Deterministic sorts the keys of Provenance, so that one record always has one
// encoding.
var encodeOptions = json.Deterministic(true)

// Encode returns the record as JSON. Equal records give equal bytes.
func Encode(a *Article) ([]byte, error) {
	b, err := json.Marshal(a, encodeOptions)
	if err != nil {
		return nil, fmt.Errorf("encode article %s: %w", a.Item, err)
	}
	return b, nil
}

// Decode reads a record and checks that it is one this version can work with.
// Unknown fields are kept.
func Decode(b []byte) (*Article, error) {
	var a Article
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("decode article: %w", err)
	}
	if a.Schema != SchemaV1 {
		return nil, fmt.Errorf("decode article: schema %q is not %q", a.Schema, SchemaV1)
	}
	if a.Item == "" || a.URI == "" || a.Version < 1 {
		return nil, fmt.Errorf("decode article: item, uri and version are required")
	}
	return &a, nil
}
