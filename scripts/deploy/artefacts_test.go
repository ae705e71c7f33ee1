// Package deploy checks what lies under deploy, offline, with the parsers of the
// programs that will read it: BuildKit's linter, Compose's loader, Helm's engine, the
// types of the Kubernetes API, the NATS server and systemd. Each check is shown to catch
// a mistake planted for it, since some of the usual ones do not: "helm lint" passes a
// misspelt imagePullPolicy.
//
// Names that the artefacts share with the code (streams, consumers, stages, flags,
// environment variables, ports) are compared with the code's own.
package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/bus"
)

// root is the repository's.
const root = "../.."

// port is where every worker of the artefacts serves HTTP.
const port = "8460"

// read returns a file under deploy, or beside it with "../".
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// replaced returns a text with one part of it exchanged, which must be there.
func replaced(t *testing.T, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q to plant a mistake in", old)
	}
	return strings.Replace(text, old, with, 1)
}

// command is one of copydesk's commands, as "copydesk man --json" lists it.
type command struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
	Flags   []struct {
		Name    string `json:"name"`
		Env     string `json:"env"`
		Default string `json:"default"`
	} `json:"flags"`
}

// commands asks the program itself.
var commands = sync.OnceValues(func() ([]command, error) {
	dir, err := os.MkdirTemp("", "copydesk-deploy-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "copydesk")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./services/copydesk")
	build.Dir, build.Stderr = root, os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	out, err := exec.Command(binary, "man", "--json").Output()
	if err != nil {
		return nil, err
	}
	var all []command
	return all, json.Unmarshal(out, &all)
})

// misfits says what a command line and its environment have that the program does not
// know: a word, a flag or a variable. Variables of other programs are none of its
// business, but for the Go runtime's.
func misfits(t *testing.T, args, env []string) (bad []string) {
	t.Helper()
	all, err := commands()
	if err != nil {
		t.Fatal(err)
	}
	var c *command
	for i := range all {
		if len(args) > 0 && all[i].Command == args[0] {
			c = &all[i]
		}
	}
	if c == nil {
		return []string{strings.Join(args, " ") + " (no such command)"}
	}
	for _, word := range args[1:] {
		if name, ok := strings.CutPrefix(word, "--"); ok {
			name, _, _ = strings.Cut(name, "=")
			if !c.has(name) {
				bad = append(bad, word)
			}
		} else if !slices.Contains(c.Args, word) {
			bad = append(bad, word)
		}
	}
	for _, name := range env {
		if !strings.HasPrefix(name, "COPYDESK_") {
			if name != "GOMEMLIMIT" && name != "GOGC" {
				bad = append(bad, name)
			}
			continue
		}
		if !c.reads(name) {
			bad = append(bad, name)
		}
	}
	return bad
}

func (c *command) has(flag string) bool {
	for _, f := range c.Flags {
		if f.Name == flag {
			return true
		}
	}
	return false
}

// reads reports whether the command has a flag with this environment variable.
func (c *command) reads(env string) bool {
	for _, f := range c.Flags {
		if f.Env == env {
			return true
		}
	}
	return false
}

func TestMisfits_seesWhatTheProgramDoesNotKnow(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct{ args, env []string }{
		"":                                {[]string{"worker", "dedupe", "--state-dir=/data"}, []string{"COPYDESK_NATS_URL", "GOMEMLIMIT"}},
		"wroker dedupe (no such command)": {[]string{"wroker", "dedupe"}, nil},
		"dedup":                           {[]string{"worker", "dedup"}, nil},
		"--nats-url=x":                    {[]string{"worker", "dedupe", "--nats-url=x"}, nil},
		"COPYDESK_NATS":                   {[]string{"worker", "dedupe"}, []string{"COPYDESK_NATS"}},
		"COPYDESK_STATE_DIR":              {[]string{"up"}, []string{"COPYDESK_STATE_DIR"}},
		"GOMEMLIMITS":                     {[]string{"up"}, []string{"GOMEMLIMITS"}},
	} {
		if got := strings.Join(misfits(t, c.args, c.env), " "); got != want {
			t.Errorf("misfits(%q, %q) = %q, want %q", c.args, c.env, got, want)
		}
	}
}

func TestPort_isTheProgramsOwn(t *testing.T) {
	t.Parallel()
	all, err := commands()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		for _, f := range c.Flags {
			if c.Command == "up" && f.Name == "listen" && !strings.HasSuffix(f.Default, ":"+port) {
				t.Errorf("copydesk up listens on %s, the artefacts on port %s", f.Default, port)
			}
		}
	}
}

// ackWait is the longest that the server waits for a sign of life of a worker.
func ackWait() time.Duration {
	var longest time.Duration
	for _, c := range bus.NewTopology(bus.Settings{}).Consumers {
		longest = max(longest, c.AckWait)
	}
	return longest
}

// checkGrace says what is wrong with how long a worker may take to stop: within the
// grace it finishes what it began, and after the stop it is killed.
func checkGrace(grace string, stop time.Duration) string {
	d, err := time.ParseDuration(grace)
	switch {
	case err != nil:
		return "grace: " + err.Error()
	case d <= ackWait():
		return "a grace of " + grace + " is not more than the acknowledgement wait of " + ackWait().String()
	case stop <= d:
		return "killed after " + stop.String() + ", within the grace of " + grace
	}
	return ""
}

// required returns the version that the root module requires of another.
func required(t *testing.T, module string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` v(\S+)`).FindSubmatch(read(t, "../go.mod"))
	if m == nil {
		t.Fatalf("go.mod does not require %s", module)
	}
	return string(m[1])
}
