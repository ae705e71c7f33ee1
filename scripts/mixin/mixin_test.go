package mixin_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-jsonnet/formatter"
	"sigs.k8s.io/yaml"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/scripts/mixin"
)

const deploy = "../../deploy"

var format = flag.Bool("format", false, "format the sources of the mixin")

var render = sync.OnceValues(func() (map[string]string, error) { return mixin.Render(deploy, nil) })

func rendered(t *testing.T) map[string]string {
	t.Helper()
	files, err := render()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func rulesOf(t *testing.T, name string) []mixin.Rule {
	t.Helper()
	rules, err := mixin.ReadRules([]byte(rendered(t)[name]))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestRender_committedIsRendered(t *testing.T) {
	t.Parallel()
	files := rendered(t)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(deploy, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("deploy/%s is not what deploy/mixin says; run: go run ./scripts/gen/mixin (-rendered +committed):\n%s", name, diff)
		}
	}
	// What is no longer rendered must not stay behind.
	for _, dir := range []string{"prometheus", "alertmanager", "grafana"} {
		err := filepath.WalkDir(filepath.Join(deploy, dir), func(path string, d os.DirEntry, err error) error {
			name, _ := filepath.Rel(deploy, path)
			if err == nil && !d.IsDir() && files[filepath.ToSlash(name)] == "" {
				t.Errorf("deploy/%s is not rendered from deploy/mixin", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRender_formatted holds the sources to jsonnetfmt's form.
func TestRender_formatted(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(filepath.Join(deploy, "mixin"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		want, err := formatter.Format(path, string(source), formatter.DefaultOptions())
		if err != nil {
			return err
		}
		if *format && want != string(source) {
			return os.WriteFile(path, []byte(want), 0o644)
		}
		if diff := cmp.Diff(want, string(source)); diff != "" {
			t.Errorf("%s is not formatted; run the test with -format (-formatted +source):\n%s", path, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRender_nativeHistogramsKeepTheClassic(t *testing.T) {
	t.Parallel()
	const native, classic = "scrape_native_histograms: true", "always_scrape_classic_histograms: true"
	if config := rendered(t)["prometheus/prometheus.yaml"]; strings.Contains(config, native) || strings.Contains(config, classic) {
		t.Error("Prometheus 2.42 refuses options that it does not know")
	}
	files, err := mixin.Render(deploy, map[string]any{"nativeHistograms": true})
	if err != nil {
		t.Fatal(err)
	}
	if config := files["prometheus/prometheus.yaml"]; !strings.Contains(config, native) || !strings.Contains(config, classic) {
		t.Errorf("native histograms without the classic ones:\n%s", config)
	}
}

func TestConfig_stagesAreTheCodes(t *testing.T) {
	t.Parallel()
	var found []string
	for _, r := range rulesOf(t, "prometheus/alerts.yaml") {
		if r.Alert == "CopydeskStageDown" {
			for _, m := range regexp.MustCompile(`stage="(\w+)"`).FindAllStringSubmatch(r.Expr, -1) {
				found = append(found, m[1])
			}
		}
	}
	if diff := cmp.Diff(article.Stages(), found); diff != "" {
		t.Errorf("stages that CopydeskStageDown watches (-code +mixin):\n%s", diff)
	}
}

func TestAlerts_sayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, r := range rulesOf(t, "prometheus/alerts.yaml") {
		if !slices.Contains([]string{"critical", "warning"}, r.Labels["severity"]) {
			t.Errorf("%s: severity %q", r.Name(), r.Labels["severity"])
		}
		if !strings.HasPrefix(r.Alert, "Copydesk") || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s lacks its prefix, a summary or a description", r.Name())
		}
		if want := "https://github.com/copydesk/copydesk/blob/main/deploy/runbooks/" + r.Alert + ".md"; r.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook %q, want %q", r.Name(), r.Annotations["runbook_url"], want)
		}
	}
}

// runbookParts are the headings of every runbook, in order.
var runbookParts = []string{"What it means", "What users notice", "How to look", "What to do", "How to tell it is over"}

func TestRunbooks_areOneForEachAlert(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, r := range rulesOf(t, "prometheus/alerts.yaml") {
		want[r.Alert+".md"] = true
	}
	pages, err := filepath.Glob(filepath.Join(deploy, "runbooks", "Copydesk*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		name := filepath.Base(page)
		if !want[name] {
			t.Errorf("%s is the page of no alert", name)
		}
		delete(want, name)
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(text), -1) {
			parts = append(parts, m[1])
		}
		if diff := cmp.Diff(runbookParts, parts); diff != "" {
			t.Errorf("%s: parts (-want +got):\n%s", name, diff)
		}
		if !strings.HasPrefix(string(text), "# "+strings.TrimSuffix(name, ".md")+"\n") {
			t.Errorf("%s does not begin with its alert's name", name)
		}
		if !strings.Contains(string(text), "```promql\n") || !strings.Contains(string(text), "copydesk ") {
			t.Errorf("%s has no query or no command", name)
		}
	}
	for name := range want {
		t.Errorf("there is no deploy/runbooks/%s", name)
	}
}

// TestAlerts_haveTests sees that for each rule of each alert there is a test in which
// it fires and one in which its alert does not. promtool runs them.
func TestAlerts_haveTests(t *testing.T) {
	t.Parallel()
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, file := range []string{"prometheus/tests.yaml", "prometheus/tests-long.yaml"} {
		var tests struct {
			Tests []struct {
				Rules []struct {
					Alert    string `json:"alertname"`
					Expected []struct {
						Labels map[string]string `json:"exp_labels"`
					} `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			} `json:"tests"`
		}
		if err := yaml.Unmarshal([]byte(rendered(t)[file]), &tests); err != nil {
			t.Fatal(err)
		}
		for _, test := range tests.Tests {
			for _, r := range test.Rules {
				if len(r.Expected) == 0 {
					quiet[r.Alert] = true
				}
				for _, e := range r.Expected {
					fires[mixin.Rule{Alert: r.Alert, Labels: e.Labels}.Name()] = true
				}
			}
		}
	}
	for _, r := range rulesOf(t, "prometheus/alerts.yaml") {
		if !fires[r.Name()] {
			t.Errorf("no test sees %s fire", r.Name())
		}
		if !quiet[r.Alert] {
			t.Errorf("no test sees %s not fire", r.Alert)
		}
	}
}

// TestPromtool has Prometheus's own tool check the rules and run their tests.
func TestPromtool(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("short mode")
	}
	for _, args := range [][]string{
		{"promtool", "check", "rules", "prometheus/rules.yaml", "prometheus/alerts.yaml"},
		{"promtool", "check", "config", "prometheus/prometheus.yaml"},
		{"promtool", "test", "rules", "prometheus/tests.yaml"},
		{"promtool", "test", "rules", "prometheus/tests-long.yaml"},
		{"amtool", "check-config", "alertmanager/alertmanager.yaml"},
	} {
		t.Run(strings.Join(args[:3], " "), func(t *testing.T) {
			t.Parallel()
			if out, err := tool(args...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// tool runs a program in deploy/. One that is missing is an error, not a skipped test.
func tool(args ...string) ([]byte, error) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return nil, fmt.Errorf("%w; scripts/setup installs it, or: apt-get install -y --no-install-recommends prometheus prometheus-alertmanager", err)
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = deploy
	return cmd.CombinedOutput()
}
