package article

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// List is a list whose stage may not have run: nil encodes as null, where a
// plain slice encodes as []. Once its stage has run it is never nil.
type List[T any] []T

// MarshalJSONTo implements json.MarshalerTo.
func (l List[T]) MarshalJSONTo(enc *jsontext.Encoder) error {
	if l == nil {
		return enc.WriteToken(jsontext.Null)
	}
	return json.MarshalEncode(enc, []T(l))
}
