package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// bases answers for a registry: every base image is there and empty.
type bases struct{}

func (bases) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config, err := json.Marshal(ocispecs.Image{Platform: platform})
	return ref, digest.FromBytes(config), config, err
}

var platform = ocispecs.Platform{OS: "linux", Architecture: "amd64"}

// lintDockerfile returns what "docker build --check" would say.
func lintDockerfile(ctx context.Context, source string) ([]string, error) {
	file := llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(source))
	file.Definition = &llb.Definition{} // the linter looks into it
	r, err := dockerfile2llb.DockerfileLint(ctx, []byte(source), dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildPlatforms: []ocispecs.Platform{platform}},
		TargetPlatform: &platform,
		MetaResolver:   bases{},
		SourceMap:      file,
	})
	if err != nil {
		return nil, err
	}
	if r.Error != nil {
		return nil, errors.New(r.Error.Message)
	}
	var found []string
	for _, w := range r.Warnings {
		found = append(found, fmt.Sprintf("%s: %s", w.RuleName, w.Detail))
	}
	return found, nil
}

func TestDockerfile_passesBuildKitsLinter(t *testing.T) {
	t.Parallel()
	source := string(read(t, "Dockerfile"))
	if found, err := lintDockerfile(t.Context(), source); err != nil || len(found) > 0 {
		t.Errorf("the linter says %q, %v", found, err)
	}
	for _, planted := range []struct{ name, old, with, want string }{
		{"a keyword in small letters", "FROM ${BASE}", "from ${BASE}", "ConsistentInstructionCasing"},
		{"an instruction that does not exist", "WORKDIR /src", "WORKDIRECTORY /src", "unknown instruction"},
		{"a shell where there is none", `ENTRYPOINT ["/service"]`, "ENTRYPOINT /service", "JSONArgsRecommended"},
		{"a variable nobody declared", "./services/${SERVICE}", "./services/${SERVICE}\nCOPY ${SERVISE} /x", "UndefinedVar"},
		{"a secret in the image", "USER 65532", "ENV COPYDESK_NATS_TOKEN=x\nUSER 65532", "SecretsUsedInArgOrEnv"},
	} {
		found, err := lintDockerfile(t.Context(), replaced(t, source, planted.old, planted.with))
		if said := fmt.Sprint(found, err); !strings.Contains(said, planted.want) {
			t.Errorf("%s: the linter says %s, want %s", planted.name, said, planted.want)
		}
	}
}

func TestDockerfile_agreesWithTheCode(t *testing.T) {
	t.Parallel()
	source := string(read(t, "Dockerfile"))
	one := func(pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(source)
		if m == nil {
			t.Fatalf("nothing in the Dockerfile is %s", pattern)
		}
		return m[1]
	}
	if v, mod := one(`ARG GO_VERSION=(\S+)`), string(read(t, "../go.mod")); !strings.Contains(mod, "\ngo "+v+".") {
		t.Errorf("the image is built by Go %s, which is not go.mod's", v)
	}
	if exposed := one(`EXPOSE (\d+)`); exposed != port || one(`COPYDESK_LISTEN=:(\d+)`) != port {
		t.Errorf("the image exposes port %s, want %s", exposed, port)
	}
	// A stage that is not there would be taken for an image of that name.
	for _, m := range regexp.MustCompile(`--from=(\S+)`).FindAllStringSubmatch(source, -1) {
		if !strings.Contains(source, " AS "+m[1]+"\n") {
			t.Errorf("files are copied from %s, which is no stage", m[1])
		}
	}
	if bad := misfits(t, []string{one(`HEALTHCHECK.* CMD \["/service", "(\w+)"\]`)}, nil); bad != nil {
		t.Errorf("the health check asks for %q", bad)
	}
	all, err := commands()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(COPYDESK_\w+)=`).FindAllStringSubmatch(source, -1) {
		known := false
		for _, c := range all {
			known = known || c.reads(m[1])
		}
		if !known {
			t.Errorf("no command reads %s", m[1])
		}
	}
	// The version is written where the linker finds it.
	if v := one(`-X (\S+)=`); v != "github.com/copydesk/copydesk/pkg/run.version" || !strings.Contains(string(read(t, "../pkg/run/version.go")), "\nvar version string\n") {
		t.Errorf("the version is written to %s", v)
	}
}

// .dockerignore leaves out what a build does not need, and nothing that it does.
func TestDockerfile_hasEveryFileOfEveryService(t *testing.T) {
	t.Parallel()
	patterns, err := ignorefile.ReadAll(strings.NewReader(string(read(t, "../.dockerignore"))))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles", "./services/...")
	list.Dir = root
	list.Env = append(list.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range append(p.GoFiles, p.EmbedFiles...) {
			path, err := filepath.Rel(base, filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			seen++
			if out, err := ignored.MatchesOrParentMatches(path); err != nil || out {
				t.Errorf("%s is needed and ignored (%v)", path, err)
			}
			if !strings.HasPrefix(path, "pkg/") && !strings.HasPrefix(path, "services/") {
				t.Errorf("%s is needed and not copied", path)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d files were looked at", seen)
	}
}
