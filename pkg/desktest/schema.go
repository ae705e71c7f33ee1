// Package desktest supports tests of the pipeline. Only tests import it.
package desktest

import (
	"bytes"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/copydesk/copydesk/pkg/article"
)

var (
	recordSchema = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(article.Schema()) })
	deadSchema   = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(article.DeadSchema()) })
)

// ValidateRecord fails the test unless b is a record by its schema, formats
// included. Every record that a test takes off a subject goes through it.
func ValidateRecord(t testing.TB, b []byte) {
	t.Helper()
	validate(t, recordSchema, b)
}

// ValidateDead fails the test unless b is a dead letter wrapper by its schema.
func ValidateDead(t testing.TB, b []byte) {
	t.Helper()
	validate(t, deadSchema, b)
}

func validate(t testing.TB, schema func() (*jsonschema.Schema, error), b []byte) {
	t.Helper()
	s, err := schema()
	if err != nil {
		t.Fatalf("compile schema: %v", err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Errorf("not JSON: %v\n%s", err, b)
		return
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func compile(schema []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
}
