package observe

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/copydesk/copydesk/scripts/mixin"
)

// listening is what Prometheus and Alertmanager say once they serve.
var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// prometheus is a running Prometheus with the mixin's rules.
type prometheus struct {
	url, dir string
	began    time.Time
}

// job is the scrape job's name in the mixin.
const job = "copydesk"

// startPrometheus runs Prometheus, scraping each second what setTargets names. It tells
// nobody of its alerts: when rules are replaced, Alertmanager is never told that what
// the old ones raised is over.
func startPrometheus(t *testing.T, rules map[string]string) *prometheus {
	t.Helper()
	p := &prometheus{dir: t.TempDir(), began: time.Now()}
	p.configure(t)
	p.setTargets(t)
	p.writeRules(t, rules)
	_, address := start(t, listening, program(t, "prometheus"),
		"--config.file="+filepath.Join(p.dir, "prometheus.yaml"), "--storage.tsdb.path="+filepath.Join(p.dir, "data"),
		"--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle",
		// What fires before Alertmanager is known is told again, after a minute if not told otherwise.
		"--rules.alert.resend-delay=2s")
	p.url = "http://" + address
	return p
}

func (p *prometheus) configure(t *testing.T, alertmanagers ...string) {
	t.Helper()
	config, err := yaml.Marshal(map[string]any{
		"global":     map[string]any{"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
		"rule_files": []string{"rules.yaml", "alerts.yaml"},
		"alerting":   map[string]any{"alertmanagers": []any{map[string]any{"static_configs": []any{map[string]any{"targets": alertmanagers}}}}},
		"scrape_configs": []any{map[string]any{
			"job_name":        job,
			"file_sd_configs": []any{map[string]any{"files": []string{"targets.json"}, "refresh_interval": "1s"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "prometheus.yaml", string(config))
}

// write replaces a file at once, as Prometheus reads it at any time.
func (p *prometheus) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path+".new", []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func (p *prometheus) setTargets(t *testing.T, addresses ...string) {
	t.Helper()
	content, err := json.Marshal([]any{map[string]any{"targets": append([]string{}, addresses...)}})
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "targets.json", string(content))
}

func (p *prometheus) writeRules(t *testing.T, rules map[string]string) {
	t.Helper()
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		p.write(t, name, rules["prometheus/"+name])
	}
}

// setRules puts other rules in force, of whose alerts Alertmanager is told.
func (p *prometheus) setRules(t *testing.T, rules map[string]string, alertmanager string) {
	t.Helper()
	p.configure(t, alertmanager)
	p.writeRules(t, rules)
	resp, err := http.Post(p.url+"/-/reload", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("reload the rules: %s", resp.Status)
	}
}

// series is a series of a query's result.
type series struct {
	Metric map[string]string `json:"metric"`
	Values [][2]any          `json:"values"`
}

// numbers are the values that are numbers.
func (s series) numbers() []float64 {
	var numbers []float64
	for _, v := range s.Values {
		text, _ := v[1].(string)
		if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) {
			numbers = append(numbers, f)
		}
	}
	return numbers
}

func (p *prometheus) get(path string, values url.Values, into any) error {
	resp, err := http.Get(p.url + path + "?" + values.Encode())
	if err != nil {
		return fmt.Errorf("ask Prometheus: %w", err)
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("read Prometheus's answer: %w", err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", resp.Status, answer.Error)
	}
	return json.Unmarshal(answer.Data, into)
}

// query evaluates an expression for each second since the test began.
func (p *prometheus) query(expr string) ([]series, error) {
	var data struct{ Result []series }
	now := time.Now()
	first := now.Add(-now.Sub(p.began).Truncate(time.Second)) // so that a step falls on now
	err := p.get("/api/v1/query_range", url.Values{
		"query": {expr}, "step": {"1s"}, "start": {seconds(first)}, "end": {seconds(now)},
	}, &data)
	return data.Result, err
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// values asks for a label's values.
func (p *prometheus) values(v mixin.Values) ([]string, error) {
	var values []string
	err := p.get("/api/v1/label/"+v.Label+"/values", url.Values{"match[]": {v.Selector}}, &values)
	return values, err
}

// now evaluates an expression for this moment; a missing value is an error.
func (p *prometheus) now(expr string) (float64, error) {
	var data struct {
		Result []struct {
			Value [2]any
		}
	}
	if err := p.get("/api/v1/query", url.Values{"query": {expr}}, &data); err != nil {
		return 0, err
	}
	if len(data.Result) != 1 {
		return 0, fmt.Errorf("%s has %d values", expr, len(data.Result))
	}
	text, _ := data.Result[0].Value[1].(string)
	return strconv.ParseFloat(text, 64)
}

// atLeast waits until an expression has reached a value.
func (p *prometheus) atLeast(t *testing.T, expr string, want float64) {
	t.Helper()
	await(t, fmt.Sprintf("%s >= %g", expr, want), func() error {
		got, err := p.now(expr)
		if err == nil && got < want {
			err = fmt.Errorf("it is %g", got)
		}
		return err
	})
}

// exported returns the metrics that a process exports, by the lines that declare them.
func exported(t *testing.T, address string) map[string]bool {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text := readAll(t, resp.Body)
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return names
}
