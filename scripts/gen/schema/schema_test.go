package schema

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

var update = flag.Bool("update", false, "write the generated schemas into pkg/article/schema")

const source = "../../../pkg/article"

func TestSchemas_committedAreGenerated(t *testing.T) {
	t.Parallel()
	for name, generate := range map[string]func(string) ([]byte, error){
		"article-1.json": Record,
		"dead-1.json":    Dead,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := generate(source)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(source, "schema", name)
			if *update {
				if err := os.WriteFile(path, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("%s is not what the types say; run go test ./scripts/gen/schema -update (-generated +committed):\n%s", name, d)
			}
		})
	}
}

func TestConstraints_nameFieldsThatExist(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(t.Elem())
		case reflect.Struct:
			if seen[t] {
				return
			}
			seen[t] = true
			for i := range t.NumField() {
				name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
				fields[t.Name()+"."+name] = true
				walk(t.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[article.Article]())
	walk(reflect.TypeFor[article.Dead]())
	for name := range constraints {
		if !fields[name] {
			t.Errorf("there is no field %s", name)
		}
	}
}
