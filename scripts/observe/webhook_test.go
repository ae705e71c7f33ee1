package observe

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// receiver is the webhook at the end of Alertmanager: what somebody would have been
// told.
type receiver struct {
	url string

	mu    sync.Mutex
	heard []notice
}

// notice is an alert that Alertmanager told about.
type notice struct {
	Status      string            `json:"status"` // firing or resolved
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Receiver    string            `json:"-"`
}

func listen(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var message struct {
			Receiver string
			Alerts   []notice
		}
		if err := json.NewDecoder(req.Body).Decode(&message); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, a := range message.Alerts {
			a.Receiver = message.Receiver
			r.heard = append(r.heard, a)
		}
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// about returns the notices since the count of them was since, of the alert with these
// labels, among them alertname.
func (r *receiver) about(labels map[string]string, since int) []notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []notice
	for _, h := range r.heard[since:] {
		both := maps.Clone(h.Labels)
		maps.Copy(both, labels)
		if maps.Equal(both, h.Labels) {
			found = append(found, h)
		}
	}
	return found
}

// count is how many notices there were so far.
func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.heard)
}

// startAlertmanager runs Alertmanager with the mixin's example, told to hurry and to
// call the receiver, and returns its address.
func startAlertmanager(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "alertmanager.yaml")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	_, address := start(t, listening, program(t, "alertmanager", "prometheus-alertmanager"),
		"--config.file="+path, "--storage.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	return address
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
