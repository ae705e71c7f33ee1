// Package schema generates the JSON Schemas of pkg/article from its Go types.
//
// The types say which fields there are and which may be null; their comments are
// the descriptions. What Go types cannot say (ranges, patterns, closed sets) is in
// the tables here. Every field is required, because every field of a completed
// part is present, and further fields are allowed, because change is additive.
//
// The schemas are committed. After a change of the record:
//
//	go test ./scripts/gen/schema -update
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/invopop/jsonschema"
)

// here is this package's import path: comment paths are resolved against it.
const here = "github.com/copydesk/copydesk/scripts/gen/schema"

// Record generates the schema of article.Article. source is the path of
// pkg/article, relative to this package's directory.
func Record(source string) ([]byte, error) {
	return generate(source, article.Article{}, "urn:copydesk:schema:article-1", "copydesk article record", article.SchemaV1)
}

// Dead generates the schema of article.Dead.
func Dead(source string) ([]byte, error) {
	return generate(source, article.Dead{}, "urn:copydesk:schema:dead-1", "copydesk dead letter", article.DeadSchemaV1)
}

func generate(source string, v any, id jsonschema.ID, title, version string) ([]byte, error) {
	r := &jsonschema.Reflector{
		Anonymous:                 true,
		AllowAdditionalProperties: true,
		ExpandedStruct:            true,
		Mapper:                    closedSet,
	}
	if err := r.AddGoComments(here, source, jsonschema.WithFullComment()); err != nil {
		return nil, fmt.Errorf("read the comments of %s: %w", source, err)
	}
	t := reflect.TypeOf(v)
	s := r.Reflect(v)
	s.ID, s.Title = id, title
	g := generator{defs: s.Definitions, done: map[string]bool{}}
	if err := g.object(s, t); err != nil {
		return nil, err
	}
	delete(g.defs, "Value") // the type of Unknown
	schema, _ := s.Properties.Get("schema")
	schema.Type, schema.Const = "", version
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the schema of %s: %w", t.Name(), err)
	}
	return []byte(plain.Replace(string(b)) + "\n"), nil
}

// plain undoes encoding/json's escapes for HTML, which a schema file is not.
var plain = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// generator corrects what reflection got wrong, by walking the Go types and
// their schemas side by side.
type generator struct {
	defs jsonschema.Definitions
	done map[string]bool
}

func (g *generator) object(s *jsonschema.Schema, t reflect.Type) error {
	if g.done[t.Name()] {
		return nil
	}
	g.done[t.Name()] = true
	s.Description = oneLine(s.Description)
	s.Properties.Delete("Unknown") // it stands for the additional properties
	s.Required = without(s.Required, "Unknown")
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p, ok := s.Properties.Get(name)
		if !ok {
			continue
		}
		p.Description = oneLine(p.Description)
		if c, ok := constraints[t.Name()+"."+name]; ok {
			c(p)
		}
		if err := g.children(p, f.Type); err != nil {
			return err
		}
		if nullable(f.Type) {
			s.Properties.Set(name, orNull(p))
		}
	}
	return nil
}

// children walks the objects below a field.
func (g *generator) children(p *jsonschema.Schema, t reflect.Type) error {
	switch {
	case t.Kind() == reflect.Pointer:
		return g.children(p, t.Elem())
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		g.inline(p)
		return g.children(p.Items, t.Elem())
	case t.Kind() == reflect.Map:
		return g.children(p.AdditionalProperties, t.Elem())
	case p.Ref != "":
		def, ok := g.defs[strings.TrimPrefix(p.Ref, "#/$defs/")]
		if !ok {
			return fmt.Errorf("no definition for %s", p.Ref)
		}
		return g.object(def, t)
	}
	return nil
}

// inline replaces the reference to a named list, such as List[Entity], by the list:
// the name is Go's, not the record's.
func (g *generator) inline(p *jsonschema.Schema) {
	name, ok := strings.CutPrefix(p.Ref, "#/$defs/")
	if !ok {
		return
	}
	list := *g.defs[name]
	list.Description = p.Description
	*p = list
	delete(g.defs, name)
}

// nullable reports whether a field of type t can be null: a pointer, a List whose
// stage has not run, or bytes that are not there.
func nullable(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || strings.HasPrefix(t.Name(), "List[") ||
		t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func orNull(p *jsonschema.Schema) *jsonschema.Schema {
	if p.Ref != "" {
		return &jsonschema.Schema{
			AnyOf:       []*jsonschema.Schema{{Ref: p.Ref}, {Type: "null"}},
			Description: p.Description,
		}
	}
	p.Extras = map[string]any{"type": []string{p.Type, "null"}}
	p.Type = ""
	if p.Enum != nil {
		p.Enum = append(p.Enum, nil)
	}
	return p
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func without(list []string, s string) []string {
	var out []string
	for _, v := range list {
		if v != s {
			out = append(out, v)
		}
	}
	return out
}
