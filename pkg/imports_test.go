// Package pkg holds no code, only the test of who may import whom.
package pkg

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/copydesk/copydesk/"

const (
	natsGo     = "github.com/nats-io/nats.go"
	natsServer = "github.com/nats-io/nats-server/v2"
	prom       = "github.com/prometheus/client_golang"
	otel       = "go.opentelemetry.io/otel"
	otelSDK    = "go.opentelemetry.io/otel/sdk"
)

// layer is what a package may import itself, besides the standard library and its
// own subpackages, and what it may not even reach through others. Names are import
// path prefixes; names of ours leave out the module path.
type layer struct {
	may   []string
	never []string
	why   string
}

// algorithms are packages of pure functions: any library of theirs, but nothing
// that talks, measures or knows of messages.
func algorithms(never ...string) layer {
	return layer{
		may:   []string{"*", "pkg/article", "pkg/text"},
		never: append([]string{natsGo, natsServer, prom, otel, "pkg/bus", "pkg/stage", "pkg/desk", "pkg/run"}, never...),
		why:   "a stage's own work is a function that others can use without a pipeline",
	}
}

// layers is the architecture, from the inside out. A package that is not here may
// not exist.
var layers = map[string]layer{
	"pkg/article": {
		may:   []string{"golang.org/x/text", "github.com/go-json-experiment/json"},
		never: []string{natsGo, prom, "net/http"},
		why:   "everything imports it, other people's programs too",
	},
	"pkg/text": {
		may:   []string{"golang.org/x", "github.com/clipperhouse", "pkg/article"},
		never: []string{natsGo, prom, "net/http"},
		why:   "one tokeniser for every stage",
	},
	"pkg/extract": algorithms("net/http"),
	"pkg/dedupe":  algorithms("net/http"),
	"pkg/entity":  algorithms("net/http"),
	"pkg/summary": algorithms("net/http"),
	"pkg/story":   algorithms("net/http"),
	"pkg/isolate": {may: []string{"golang.org/x"}, never: []string{natsGo, prom, "net/http"}, why: "it runs a function in a child process, whatever it is"},
	"pkg/view":    {may: []string{"golang.org/x", "pkg/article"}, never: []string{natsGo, prom, "net/http"}, why: "it turns records into text"},
	"pkg/eval": {
		may:   []string{"golang.org/x", "github.com/go-json-experiment/json", "pkg/article", "pkg/text", "pkg/extract", "pkg/dedupe", "pkg/entity", "pkg/summary", "pkg/story"},
		never: []string{natsGo, prom},
		why:   "it scores the functions, not the pipeline",
	},

	"pkg/bus":          {may: []string{natsGo, "github.com/nats-io/nuid", "pkg/article"}, never: []string{natsServer, prom}, why: "it knows subjects and ids, and no stage"},
	"pkg/trace":        {may: []string{otel}, never: []string{natsGo, prom, otelSDK}, why: "it puts spans around messages, and sends them nowhere"},
	"pkg/trace/export": {may: []string{otel}, never: []string{natsGo, prom}, why: "it sends spans, whatever they are about"},
	"pkg/stage":        {may: []string{natsGo, prom, otel, "golang.org/x", "pkg/bus", "pkg/article", "pkg/trace"}, never: []string{natsServer, otelSDK}, why: "a runner others can use alone"},
	"pkg/ledger":       {may: []string{natsGo, prom, "golang.org/x", "pkg/bus", "pkg/article"}, never: []string{natsServer}, why: "it counts headers"},
	"pkg/doctor":       {may: []string{natsGo, "pkg/bus", "pkg/article", "pkg/ledger"}, never: []string{natsServer}, why: "it examines a road and repairs it"},
	"pkg/door":         {may: []string{natsGo, prom, otel, "golang.org/x", "pkg/bus", "pkg/article", "pkg/trace", "pkg/view"}, never: []string{natsServer, otelSDK}, why: "it takes files in and nothing else"},
	"pkg/survey":       {may: []string{natsGo, prom}, never: []string{natsServer, "pkg/bus", "pkg/article"}, why: "it looks at any server's streams"},
	"pkg/overview":     {may: []string{natsGo, "pkg/bus", "pkg/article", "pkg/ledger", "pkg/view"}, never: []string{natsServer}, why: "it looks at a desk through JetStream alone"},
	"pkg/natsembed":    {may: []string{natsServer, natsGo, "pkg/bus", "pkg/survey"}, why: "the server inside the process"},
	"pkg/desk":         {may: []string{"*", "pkg"}, never: []string{natsServer, "pkg/natsembed", "pkg/run", "pkg/eval"}, why: "the only place that knows both a function and its subjects"},
	"pkg/secure":       {may: []string{"github.com/nats-io/nkeys", natsServer + "/conf", "pkg/bus", "pkg/desk"}, why: "it writes what the table of stages asks for"},
	"pkg/erase":        {may: []string{natsGo, "pkg/article", "pkg/bus", "pkg/desk", "pkg/ledger"}, never: []string{natsServer}, why: "it removes what the desk keeps"},
	"pkg/bench":        {may: []string{natsGo, "golang.org/x", "pkg/article", "pkg/bus", "pkg/stage", "pkg/desk", "pkg/dedupe"}, never: []string{natsServer, "pkg/natsembed"}, why: "it measures a server it is given"},
	"pkg/run":          {may: []string{prom, otel, "pkg/trace"}, never: []string{natsGo, "pkg/desk", "pkg/bus", "pkg/article"}, why: "what every process shares, whatever it does"},
	"pkg/desktest":     {may: []string{"*", "pkg"}, why: "test support"},
	"pkg/deadletter":   {may: []string{natsGo, "pkg/bus", "pkg/article", "pkg/ledger"}, never: []string{natsServer}, why: "it reads headers and publishes what stages gave up"},
	"pkg/history":      {may: []string{natsGo, "pkg/bus", "pkg/article", "pkg/dedupe"}, never: []string{natsServer}, why: "it reads what the streams hold"},
	"pkg/replay":       {may: []string{natsGo, "golang.org/x", "github.com/go-json-experiment/json", "pkg/article", "pkg/bus", "pkg/stage", "pkg/desk", "pkg/dedupe"}, never: []string{natsServer, "pkg/natsembed"}, why: "it runs a desk on a server it is given, and compares"},

	"services/copydesk":  {may: []string{"*", "pkg"}, never: []string{"pkg/desktest"}, why: "the one binary with everything"},
	"services/ingest":    service,
	"services/dedupe":    service,
	"services/entities":  service,
	"services/summarize": service,
	"services/stories":   service,
	"services/gateway":   service,
}

var service = layer{
	may:   []string{"pkg/desk", "pkg/run", "pkg/bus", "pkg/article"},
	never: []string{natsServer, "pkg/natsembed", "pkg/desktest"},
	why:   "a worker does not carry a server",
}

// excused are other people's packages whose own imports are not held against us,
// each with the reason.
var excused = map[string]string{
	"codeberg.org/readeck/go-readability/v2":  "an extractor; net/http is for its FromURL, which nothing calls",
	"github.com/go-shiori/go-readability":     "a fallback of go-trafilatura; net/http is for its FromURL, which nothing calls",
	"github.com/markusmobius/go-domdistiller": "the other fallback; net/http is for its ApplyForURL alone",
}

// embedders may import pkg/natsembed; so may tests.
var embedders = []string{"services/copydesk", "pkg/desktest"}

// inside are the algorithm packages that may not import each other.
var inside = []string{"pkg/extract", "pkg/dedupe", "pkg/entity", "pkg/summary", "pkg/story"}

func TestImports(t *testing.T) {
	t.Parallel()
	all := list(t)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		ours, ok := strings.CutPrefix(path, root)
		if !ok || ours == "pkg" { // this package
			continue
		}
		name := rule(ours)
		l, ok := layers[name]
		if !ok {
			t.Errorf("%s is in no layer: add it to the table in pkg/imports_test.go", ours)
			continue
		}
		for _, imp := range all[path].Imports {
			if err := l.allows(name, imp, all); err != nil {
				t.Errorf("%s imports %s: %v (%s)", ours, strings.TrimPrefix(imp, root), err, l.why)
			}
		}
		reached := reach(path, all)
		for _, banned := range l.never {
			for _, r := range reached {
				if under(short(r), banned) {
					t.Errorf("%s reaches %s by %s (%s)", ours, banned, strings.Join(chain(path, r, all), " -> "), l.why)
					break
				}
			}
		}
	}
}

// rule returns the row for one of our packages: its own or the nearest above it.
func rule(ours string) string {
	for name := ours; name != "."; {
		if _, ok := layers[name]; ok {
			return name
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	return ours
}

var (
	errLayer   = errors.New("its layer does not allow that")
	errService = errors.New("nothing imports a service")
	errEmbed   = errors.New("only services/copydesk and tests carry a server")
	errSibling = errors.New("stages' functions do not know each other")
)

func (l layer) allows(name, imp string, all map[string]pkg) error {
	ours, isOurs := strings.CutPrefix(imp, root)
	switch {
	case all[imp].Standard, isOurs && under(ours, name):
		return nil
	case isOurs && under(ours, "services"):
		return errService
	case isOurs && under(ours, "pkg/natsembed") && !slices.Contains(embedders, name):
		return errEmbed
	case isOurs && slices.Contains(inside, name) && slices.ContainsFunc(inside, func(o string) bool { return o != name && under(ours, o) }):
		return errSibling
	}
	for _, may := range l.may {
		if may == "*" && !isOurs || under(short(imp), may) {
			return nil
		}
	}
	return errLayer
}

func short(path string) string { return strings.TrimPrefix(path, root) }

func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

// list returns our packages and everything they are built from.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = ".."
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// reach returns everything a package is built from, as far as it is held against it.
func reach(from string, all map[string]pkg) []string {
	seen := map[string]bool{}
	var walk func(string)
	walk = func(path string) {
		if excused[path] != "" {
			return
		}
		for _, imp := range all[path].Imports {
			if !seen[imp] {
				seen[imp] = true
				walk(imp)
			}
		}
	}
	walk(from)
	return slices.Sorted(maps.Keys(seen))
}

// chain returns a shortest way from one package to another.
func chain(from, to string, all map[string]pkg) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			break
		}
		if excused[queue[0]] != "" {
			continue
		}
		for _, imp := range all[queue[0]].Imports {
			if _, ok := before[imp]; !ok {
				before[imp] = queue[0]
				queue = append(queue, imp)
			}
		}
	}
	var way []string
	for path := to; path != ""; path = before[path] {
		way = append(way, short(path))
	}
	slices.Reverse(way)
	return way
}

func TestImports_tableCatchesBreaches(t *testing.T) {
	t.Parallel()
	std := map[string]pkg{"fmt": {Standard: true}}
	for _, c := range []struct {
		from, imp string
		want      error
	}{
		{"pkg/extract", "fmt", nil},
		{"pkg/extract", "github.com/markusmobius/go-trafilatura", nil},
		{"pkg/extract", root + "pkg/extract/feed", nil},
		{"pkg/extract", root + "pkg/bus", errLayer},
		{"pkg/extract", root + "pkg/entity", errSibling},
		{"pkg/article", "github.com/nats-io/nats.go", errLayer},
		{"pkg/desk", root + "pkg/natsembed", errEmbed},
		{"services/copydesk", root + "pkg/natsembed", nil},
		{"services/copydesk", root + "services/ingest", errService},
		{"services/ingest", root + "pkg/stage", errLayer},
	} {
		if err := layers[c.from].allows(c.from, c.imp, std); !errors.Is(err, c.want) {
			t.Errorf("%s imports %s: %v, want %v", c.from, c.imp, err, c.want)
		}
	}
}
