package observe

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/scripts/mixin"
)

// hurry are the mixin's times in seconds instead of minutes, so that what takes an
// operator's morning takes a test's moment. What is compared stays as it is.
var hurry = map[string]any{
	"waitAll": "1s", "rateWindow": "10s", "eventWindow": "12s", "usualWindow": "10m", "sloRate": "10s",
	"burns": []any{
		map[string]any{"factor": 14.4, "long": "20s", "short": "4s", "severity": "critical", "wait": "1s"},
		map[string]any{"factor": 6, "long": "21s", "short": "5s", "severity": "critical", "wait": "1s"},
		map[string]any{"factor": 3, "long": "22s", "short": "6s", "severity": "warning", "wait": "1s"},
		map[string]any{"factor": 1, "long": "23s", "short": "7s", "severity": "warning", "wait": "1s"},
	},
	"silentSeconds": 8,
	"groupWait":     "0s", "groupInterval": "1s", "repeatInterval": "1h",
}

// TestMixin runs the pipeline under Prometheus and Alertmanager, asks everything that
// the committed boards and rules ask, then breaks the pipeline under rules in a hurry.
func TestMixin(t *testing.T) {
	if testing.Short() {
		t.Skip("short mode")
	}
	// Without these there is no proof, so it fails at once.
	program(t, "prometheus")
	program(t, "alertmanager", "prometheus-alertmanager")
	began := time.Now()
	bin := build(t)
	t.Logf("%6.1f s  built", time.Since(began).Seconds())

	told := listen(t)
	quick := maps.Clone(hurry)
	quick["criticalWebhook"], quick["warningWebhook"] = told.url+"/pager", told.url+"/chat"
	hurried, err := mixin.Render(deploy, quick)
	if err != nil {
		t.Fatal(err)
	}
	committed := map[string]string{}
	for _, name := range []string{"rules.yaml", "alerts.yaml"} {
		committed["prometheus/"+name] = string(read(t, filepath.Join(deploy, "prometheus", name)))
	}
	n := openNewsroom(t, bin)
	p := startPrometheus(t, committed)
	alertmanager := startAlertmanager(t, hurried["alertmanager/alertmanager.yaml"])

	// Everything in one process, and a second one for entities.
	all, door := n.run(t, "127.0.0.1:0", "up")
	entities, second := n.run(t, "127.0.0.1:0", "worker", "entities")
	p.setTargets(t, door, second)
	work(t, n, p, door)

	t.Run("questions", func(t *testing.T) { askEverything(t, p) })
	t.Run("metrics", func(t *testing.T) { compareMetrics(t, door, second) })
	t.Run("commands", func(t *testing.T) { tryCommands(t, n) })
	if t.Failed() {
		return
	}

	// Separate workers, of which one can be lost. The one in place of the process that
	// did everything listens where that did: Prometheus takes its time with new targets.
	started := fmt.Sprintf(`max(process_start_time_seconds{instance="%s"})`, door)
	before, err := p.now(started)
	if err != nil {
		t.Fatal(err)
	}
	all.stop(syscall.SIGTERM)
	n.run(t, door, "worker", "ingest", "dedupe", "summarize")
	p.setRules(t, hurried, alertmanager)
	p.atLeast(t, started, before+1)
	p.atLeast(t, fmt.Sprintf(`count(copydesk_stage_concurrency_limit{instance="%s"})`, door), 3)
	breakThings(t, n, p, told, entities, second)
	t.Logf("%6.1f s  in all", time.Since(began).Seconds())
}

// work drops the mixed workload: good, duplicate, poison and slow, by command and by
// door, and waits until Prometheus has seen what became of it.
func work(t *testing.T, n *newsroom, p *prometheus, door string) {
	t.Helper()
	p.atLeast(t, fmt.Sprintf(`count(up{job="%s"} == 1)`, job), 2)
	n.command(t, "drop", filepath.Join(deploy, "samples"), "--source", "ap", "--nats", n.url)
	n.drop(t, "mail", map[string][]byte{"minutes.html": longRead(), "binary": junk(0)})
	n.drop(t, "quiet", map[string][]byte{"report.txt": report(1000)})
	n.poison(t, 2)
	n.command(t, "drop", filepath.Join(deploy, "samples", "08-orchard-frost.html"), "--backfill", "--source", "ap", "--nats", n.url)
	// A trickle, so that there is something in every window.
	for i := range 40 {
		if code := knock(t, door, "ap", report(i)); code != http.StatusAccepted {
			t.Fatalf("the door answers %d", code)
		}
		if i%4 == 0 {
			knock(t, door, "ap", report(i)) // once more
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
	if code := knock(t, door, "no such source", report(0)); code == http.StatusAccepted {
		t.Fatalf("the door answers %d to a bad source", code)
	}
	p.atLeast(t, `sum(copydesk_items_total{outcome="enriched"})`, 40)
	p.atLeast(t, `sum(copydesk_items_total{outcome="duplicate"})`, 10)
	p.atLeast(t, `sum(copydesk_dead_letters_total{class="input"})`, 1)
	p.atLeast(t, `sum(copydesk_dead_letters_total{class="fault"})`, 2)
	// The slow one, by the time it took.
	p.atLeast(t, `sum(copydesk_stage_processing_seconds_count{stage="ingest"}) - sum(copydesk_stage_processing_seconds_bucket{stage="ingest", le=~"0.1"})`, 1)
	// Consumers are looked at every 5 s.
	p.atLeast(t, `count(max by (stream, consumer) (copydesk_consumer_waiting_pulls))`, 5)
	p.atLeast(t, `count(max by (stream_name, consumer_name) (jetstream_consumer_last_ack_seconds))`, 4)
	p.atLeast(t, `count(copydesk:slo_errors:ratio_rate3d >= 0)`, 1)
	p.atLeast(t, `count(ALERTS{alertname="CopydeskDeadLettersFault", alertstate="firing"})`, 1)
}

// askEverything asks all that the boards, rules and runbooks ask.
func askEverything(t *testing.T, p *prometheus) {
	good, bad := 0, 0
	check := func(q question, ask func(*prometheus, question) error) {
		err := ask(p, q)
		if why, ok := mayBeEmpty[q.from]; ok && err != nil {
			err = nil
		} else if ok {
			err = fmt.Errorf("it has an answer, and may have none because %s", why)
		}
		if err != nil {
			bad++
			t.Errorf("%s: %v\n%s", q.from, err, q.expr)
			return
		}
		good++
	}
	report := func(what string) {
		t.Logf("%d of %d %s", good, good+bad, what)
		good, bad = 0, 0
	}
	for _, q := range panels(t, p) {
		check(q, answered)
	}
	report("panel queries have an answer")
	for _, q := range panels(t, p) {
		check(q, found)
	}
	report("panel queries find everything they select")
	for _, b := range boards(t) {
		for _, v := range b.Templating.List {
			values, ok := v.Values()
			if !ok {
				continue
			}
			check(question{b.Title + ", variable " + v.Name, mixin.Substitute(values.Selector, variables(p))}, func(p *prometheus, q question) error {
				list, err := p.values(mixin.Values{Selector: q.expr, Label: values.Label})
				if err == nil && len(list) == 0 {
					err = errors.New("there is nothing to choose from")
				}
				return err
			})
		}
	}
	report("board variables have values")
	for _, r := range rules(t) {
		q := question{"rule " + r.Name(), r.Expr}
		if r.Record != "" {
			check(q, answered)
			check(question{q.from + ", as recorded", r.Record}, answered)
			continue
		}
		check(q, func(p *prometheus, q question) error { // it may find nothing: all is well
			_, err := p.query(q.expr)
			return err
		})
		check(q, found)
		compared, err := threshold(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(compared, "absent(") {
			check(question{q.from + ", what it compares", compared}, answered)
		}
	}
	report("rule expressions work and have something to look at")
	for _, r := range rules(t) {
		if _, provoked := provoked[r.Alert]; r.Alert == "" || provoked {
			continue
		}
		check(question{"rule " + r.Name(), "count(" + r.Expr + ") or vector(0)"}, func(p *prometheus, q question) error {
			n, err := p.now(q.expr)
			if err == nil && n > 0 {
				err = errors.New("it would fire, and all is well")
			}
			return err
		})
	}
	report("alerts are silent while all is well")
	for _, q := range pages(t) {
		check(q, func(p *prometheus, q question) error {
			_, err := p.query(q.expr)
			return err
		})
		check(q, found)
	}
	report("runbook queries work and find everything they select")
}

// compareMetrics sees that what is asked for is exported and what is exported is asked
// for.
func compareMetrics(t *testing.T, addresses ...string) {
	have := map[string]bool{}
	for _, a := range addresses {
		maps.Copy(have, exported(t, a))
	}
	asked := map[string]string{}
	ask := func(from, expr string) {
		selectors, err := mixin.Selectors(expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range selectors {
			if !s.Recorded() && s.Name != "ALERTS" && s.Name != "up" {
				asked[s.Metric()] = from
			}
		}
	}
	p := &prometheus{began: time.Now()}
	for _, q := range slices.Concat(panels(t, p), pages(t)) {
		ask(q.from, q.expr)
	}
	for _, r := range rules(t) {
		ask("rule "+r.Name(), r.Expr)
	}
	exists, used := 0, 0
	for name, from := range asked {
		if !have[name] {
			t.Errorf("%s asks for %s, which is not exported", from, name)
			continue
		}
		exists++
	}
	own := 0
	for name := range have {
		if !strings.HasPrefix(name, "copydesk_") {
			continue
		}
		own++
		if asked[name] == "" {
			t.Errorf("%s is exported and no board or rule asks for it", name)
			continue
		}
		used++
	}
	t.Logf("%d of %d metrics asked for are exported; %d of %d copydesk_* metrics are asked for", exists, len(asked), used, own)
}

// tryCommands sees that the commands the runbooks name exist, with their flags.
func tryCommands(t *testing.T, n *newsroom) {
	var lines []string
	for _, path := range glob(t, "runbooks/*.md") {
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(read(t, path), -1) {
			for line := range strings.Lines(string(block[1])) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "copydesk ") && !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
	}
	good := 0
	for _, line := range lines {
		command := strings.Fields(line)[1]
		help := n.command(t, command, "--help")
		fine := true
		for _, flag := range regexp.MustCompile(` (--[a-z-]+)`).FindAllStringSubmatch(line, -1) {
			if !strings.Contains(help, flag[1]+" ") && !strings.Contains(help, flag[1]+"\n") {
				t.Errorf("%q: %s has no flag %s", line, command, flag[1])
				fine = false
			}
		}
		if fine {
			good++
		}
	}
	if len(lines) == 0 {
		t.Error("no runbook names a command")
	}
	t.Logf("%d of %d commands in runbooks exist with their flags", good, len(lines))
}

// breakThings injects faults and sees the right alerts come to the receiver, and go.
func breakThings(t *testing.T, n *newsroom, p *prometheus, told *receiver, entities *process, address string) {
	type labels = map[string]string
	alert := func(name string, more ...string) labels {
		l := labels{"alertname": name, "job": job}
		for i := 0; i < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	type watched struct {
		labels
		since int // notices that do not count
	}
	var all []watched
	hear := func(what, status string, alerts ...watched) {
		t.Helper()
		await(t, what, func() error {
			var left []string
			for _, a := range alerts {
				if !slices.ContainsFunc(told.about(a.labels, a.since), func(n notice) bool { return n.Status == status }) {
					left = append(left, fmt.Sprint(a.labels))
				}
			}
			return missing(left)
		})
	}
	since := 0
	fire := func(what string, alerts ...labels) {
		t.Helper()
		var now []watched
		for _, a := range alerts {
			now = append(now, watched{a, since})
		}
		all = append(all, now...)
		hear(what+": the alerts fire", "firing", now...)
	}

	// A source has been silent for a while.
	fire("a silent source", alert("CopydeskSourceSilent", "source", "quiet"))

	// What came before is out of the alerts' sight first: the poison, and the good
	// articles among which a flood of bad ones would not stand out.
	p.atLeast(t, `absent(ALERTS{alertname="CopydeskDeadLettersFault"})
		and on () sum(increase(copydesk_dead_letters_total{class="fault"}[14s])) == 0
		and on () sum(increase(copydesk_articles_total{result="ok"}[14s])) == 0`, 1)
	since = told.count()

	// A flood of what cannot be read, by senders' fault and by ours. Of the senders' it is
	// few, for it must stay unusual among all files so far.
	flood := map[string][]byte{}
	for i := range 12 {
		flood[fmt.Sprintf("%d.bin", i)] = junk(i + 1)
	}
	n.drop(t, "mail", flood)
	n.poison(t, 40)
	fire("poison flood",
		alert("CopydeskDeadLettersFault", "stage", article.StageDedupe, "severity", "warning"),
		alert("CopydeskInputRejectsHigh", "severity", "warning"),
		alert("CopydeskErrorBudgetBurn", "severity", "critical"),
	)

	// A worker is lost, and articles come all the same.
	entities.stop(syscall.SIGKILL)
	n.drop(t, "quiet", map[string][]byte{"a.txt": report(2001), "b.txt": report(2002)})
	fire("the only worker of entities killed",
		alert("CopydeskProcessDown", "instance", address),
		alert("CopydeskStageDown", "stage", article.StageEntities, "severity", "critical"),
		alert("CopydeskPullStall", "consumer_name", article.StageEntities, "stream_name", article.StreamUnique),
	)
	n.run(t, address, "worker", "entities")
	// One alert at a time: of one that ends while another inhibits it Alertmanager
	// never says that it is over.
	hear("entities is back: all is resolved", "resolved", all...)

	// The server goes, and comes back.
	n.nats.Shutdown()
	fire("NATS gone", alert("CopydeskNATSDown", "severity", "critical", "instance", address))
	n.bringNATSBack(t)
	hear("NATS is back: all is resolved", "resolved", all...)

	for _, a := range all {
		heard := told.about(a.labels, a.since)
		last := heard[len(heard)-1]
		if want := map[string]string{"critical": "pager", "warning": "chat"}[last.Labels["severity"]]; last.Receiver != want {
			t.Errorf("%v went to %s, want %s", a.labels, last.Receiver, want)
		}
		page, ok := strings.CutPrefix(last.Annotations["runbook_url"], "https://github.com/copydesk/copydesk/blob/main/")
		if _, err := os.Stat(filepath.Join("..", "..", page)); !ok || err != nil {
			t.Errorf("%v leads to %q: %v", a.labels, last.Annotations["runbook_url"], err)
		}
	}
	t.Logf("%d of %d alerts seen firing and resolved by way of Alertmanager", len(all), len(all))
}
