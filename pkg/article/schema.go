package article

import _ "embed" // the schemas are part of the package

//go:embed schema/article-1.json
var recordSchema []byte

//go:embed schema/dead-1.json
var deadSchema []byte

// Schema returns the JSON Schema (2020-12) of the record. The caller must not
// change it.
func Schema() []byte { return recordSchema }

// DeadSchema returns the JSON Schema (2020-12) of Dead. The caller must not change
// it.
func DeadSchema() []byte { return deadSchema }
