package article

import "time"

// ErasedSchemaV1 is the value of Erased.Schema in this version of the tombstone.
const ErasedSchemaV1 = "copydesk.erased/1"

// Erased is the tombstone of an article on SubjectErased: subscribers who have it are to
// forget it too. It has nothing of the article but its name.
type Erased struct {
	// Schema names the version of the tombstone, ErasedSchemaV1.
	Schema string `json:"schema"`
	URI    string `json:"uri"`
	// Items are the arrivals that were versions of it.
	Items []string `json:"items"`
	// Reason is the operator's.
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}
