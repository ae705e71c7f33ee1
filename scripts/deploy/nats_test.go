package deploy

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/copydesk/copydesk/pkg/bus"
)

// checkNATS is "nats-server -t -c".
func checkNATS(t *testing.T, source string) (*server.Options, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nats.conf")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &server.Options{CheckConfig: true}
	return o, o.ProcessConfigFile(path)
}

// example is the commented part at the end of nats.conf, made live.
func example(t *testing.T, source string) string {
	t.Helper()
	live, commented, ok := strings.Cut(source, "\n# accounts {")
	if !ok {
		t.Fatal("nats.conf has no example of accounts")
	}
	return live + "\naccounts {" + regexp.MustCompile(`(?m)^# ?`).ReplaceAllString(commented, "")
}

func TestNATS_serverTakesItsConfiguration(t *testing.T) {
	// Not parallel: the example reads passwords from the environment.
	t.Setenv("DESK_PASSWORD", "of-a-test")
	t.Setenv("SYS_PASSWORD", "of-a-test-too")
	source := string(read(t, "nats/nats.conf"))
	if _, err := checkNATS(t, source); err != nil {
		t.Error(err)
	}
	o, err := checkNATS(t, example(t, source))
	if err != nil {
		t.Error("with the example:", err)
	}
	if len(o.Users) != 2 || o.SystemAccount != "SYS" {
		t.Errorf("the example has %d users and the system account %q", len(o.Users), o.SystemAccount)
	}
	for _, planted := range []struct{ old, with string }{
		{"max_file_store:", "max_file_stor:"},
		{"sync_interval: 1s", "sync_interval: often"},
		{"jetstream {", "jetstraem {"},
		{"max_payload: 1MB", "max_payload: 1MB\nmax_payloads: 2MB"},
	} {
		if _, err := checkNATS(t, replaced(t, source, planted.old, planted.with)); err == nil {
			t.Errorf("with %q in it the server takes it", planted.with)
		}
	}
}

// The server of nats.conf has room for the streams, and its monitoring endpoint tells
// KEDA what it asks for.
func TestNATS_serverCarriesTheRoad(t *testing.T) {
	t.Parallel()
	o, err := checkNATS(t, string(read(t, "nats/nats.conf")))
	if err != nil {
		t.Fatal(err)
	}
	o.CheckConfig = false
	o.StoreDir, o.Host, o.Port, o.HTTPHost, o.HTTPPort = t.TempDir(), "127.0.0.1", server.RANDOM_PORT, "127.0.0.1", server.RANDOM_PORT
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not start")
	}
	// Workers start together, and each declares the streams.
	group, ctx := errgroup.WithContext(t.Context())
	for range 6 {
		group.Go(func() error {
			nc, err := nats.Connect(s.ClientURL())
			if err != nil {
				return err
			}
			defer nc.Close()
			js, err := jetstream.New(nc)
			if err != nil {
				return err
			}
			return bus.Provision(ctx, js, bus.NewTopology(bus.Settings{}))
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatalf("the server of nats.conf has no room for the streams: %v", err)
	}
	objects, err := render(map[string]any{"keda": map[string]any{"enabled": true}})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, so := range of[*scaledObject](objects) {
		for _, trigger := range so.Spec.Triggers {
			lag, ok := kedaLag(t, "http://"+s.MonitorAddr().String(), trigger.Metadata)
			if !ok || lag != 0 {
				t.Errorf("KEDA asks for %v and gets %d, %v", trigger.Metadata, lag, ok)
			}
			asked++
		}
	}
	if asked != 4 {
		t.Errorf("KEDA asks for %d consumers, want the 4 that can be scaled", asked)
	}
}

// kedaLag reads what waits for a consumer, from the endpoint that KEDA's nats-jetstream
// scaler reads and in its way, and whether the consumer is there.
func kedaLag(t *testing.T, url string, m natsTrigger) (lag int, found bool) {
	t.Helper()
	res, err := http.Get(url + "/jsz?acc=" + m.Account + "&consumers=true&config=true")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Accounts []struct {
			Name    string `json:"name"`
			Streams []struct {
				Name      string `json:"name"`
				Consumers []struct {
					Name       string `json:"name"`
					Pending    int    `json:"num_pending"`
					AckPending int    `json:"num_ack_pending"`
				} `json:"consumer_detail"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		t.Fatal(err)
	}
	for _, a := range answer.Accounts {
		for _, s := range a.Streams {
			for _, c := range s.Consumers {
				if a.Name == m.Account && s.Name == m.Stream && c.Name == m.Consumer {
					return c.Pending + c.AckPending, true
				}
			}
		}
	}
	return 0, false
}
