package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

var created = time.Date(2026, 2, 17, 12, 0, 0, 0, time.UTC)

// shelf is an inbox that keeps what it was given, or fails.
type shelf struct {
	got  []bus.File
	fail error
}

func (s *shelf) inbox() *Inbox {
	return &Inbox{
		created: map[string]time.Time{article.StreamInbox: created, article.StreamBackfill: created},
		put: func(_ context.Context, f bus.File) (bus.Ack, error) {
			if s.fail != nil {
				return bus.Ack{}, s.fail
			}
			s.got = append(s.got, f)
			stream := article.StreamInbox
			if f.Lane == article.Backfill {
				stream = article.StreamBackfill
			}
			return bus.Ack{Stream: stream, Seq: uint64(len(s.got))}, nil
		},
	}
}

func open(t *testing.T, s *shelf, o Options) http.Handler {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:8460"
	}
	d, err := New(s.inbox(), o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(Pattern, d)
	return mux
}

func request(path, body string, header map[string]string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8460"
	for k, v := range header {
		r.Header.Set(k, v)
		if k == "Host" {
			r.Host = v
		}
	}
	return r
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestDoor_storesAFileAndGivesAReceipt(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	w := send(open(t, s, Options{}), request("/inbox/curl", "Some news.", map[string]string{
		"Content-Type": "text/plain", "Copydesk-Filename": "news.txt", "Ce-Id": "7", "X-Other": "x", "Cookie": "secret",
	}))
	if w.Code != http.StatusAccepted {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	item := article.ItemID(created, 1, 0)
	want := fmt.Sprintf(`{"file":"news.txt","source":"curl","lane":"live","bytes":10,`+
		`"sha256":"753afdcc3a5449b4663668e7fa57fcc883508668565efa076e600a4e8d40c5cf","stream":"ARTICLES_INBOX","seq":1,`+
		`"item":%q,"uri":"urn:copydesk:article:%s","duplicate":false,"error":null}`+"\n", item, item)
	if d := cmp.Diff(want, w.Body.String()); d != "" {
		t.Errorf("receipt (-want +got):\n%s", d)
	}
	file := []bus.File{{
		Source: "curl", Lane: article.Live, Data: []byte("Some news."),
		Header: nats.Header{"Content-Type": {"text/plain"}, "Copydesk-Filename": {"news.txt"}, "ce-id": {"7"}},
	}}
	if d := cmp.Diff(file, s.got); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
}

func TestDoor_oldMaterialGoesToTheBackfill(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	if w := send(open(t, s, Options{}), request("/inbox/curl?lane=backfill", "Old news.", nil)); w.Code != http.StatusAccepted {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if s.got[0].Lane != article.Backfill {
		t.Errorf("lane is %s", s.got[0].Lane)
	}
}

func TestDoor_doesNotBelieveCurl(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	send(open(t, s, Options{}), request("/inbox/curl", "News.", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}))
	if got := s.got[0].Header.Get("Content-Type"); got != "" {
		t.Errorf("Content-Type %q went into the inbox", got)
	}
}

func TestDoor_refuses(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", bus.MaxFile+1)
	token := Options{Token: "let-me-in", Listen: "0.0.0.0:8460"}
	cases := []struct {
		name   string
		o      Options
		r      *http.Request
		fail   error
		status int
		reason string
	}{
		{"a source with a dot", Options{}, request("/inbox/a.b", "x", nil), nil, 400, "bad_source"},
		{"a lane that does not exist", Options{}, request("/inbox/a?lane=fast", "x", nil), nil, 400, "bad_lane"},
		{"nothing", Options{}, request("/inbox/a", "", nil), nil, 400, "empty"},
		{"a form", Options{}, request("/inbox/a", "x", map[string]string{"Content-Type": "multipart/form-data; boundary=b"}), nil, 415, "form"},
		{"a file over the limit that says so", Options{}, request("/inbox/a", large, nil), nil, 413, "too_large"},
		{"a file over the limit that does not say so", Options{}, chunked(large), nil, 413, "too_large"},
		{"a full inbox", Options{}, request("/inbox/a", "x", nil), fmt.Errorf("put: %w", bus.ErrFull), 503, "inbox_full"},
		{"a server that is gone", Options{}, request("/inbox/a", "x", nil), bus.ErrNoAck, 503, "unavailable"},
		{"a name that is not this machine's", Options{}, request("/inbox/a", "x", map[string]string{"Host": "evil.example"}), nil, 403, "bad_host"},
		{"a page of another site", Options{}, request("/inbox/a", "x", map[string]string{"Sec-Fetch-Site": "cross-site"}), nil, 403, "cross_origin"},
		{"no token", token, request("/inbox/a", "x", nil), nil, 401, "bad_token"},
		{"a wrong token", token, request("/inbox/a", "x", map[string]string{"Authorization": "Bearer let-me-out"}), nil, 401, "bad_token"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{fail: c.fail}
			w := send(open(t, s, c.o), c.r)
			var body struct{ Error, Reason string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatalf("answer %q: %v", w.Body, err)
			}
			if w.Code != c.status || body.Reason != c.reason || body.Error == "" {
				t.Errorf("status %d, %+v; want %d, %s", w.Code, body, c.status, c.reason)
			}
			if (w.Header().Get("Retry-After") != "") != (c.status == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After is %q at status %d", w.Header().Get("Retry-After"), w.Code)
			}
			if len(s.got) > 0 {
				t.Errorf("stored %d files", len(s.got))
			}
		})
	}
}

func chunked(body string) *http.Request {
	r := request("/inbox/a", "", nil)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
	return r
}

func TestDoor_takesTheLargestFileAndTheToken(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	h := open(t, s, Options{Token: "let-me-in", Listen: ":8460"})
	w := send(h, request("/inbox/a", strings.Repeat("x", bus.MaxFile), map[string]string{
		"Authorization": "Bearer let-me-in", "Host": "desk.example",
	}))
	if w.Code != http.StatusAccepted {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestDoor_onlyTakes(t *testing.T) {
	t.Parallel()
	r := request("/inbox/a", "", nil)
	r.Method = http.MethodGet
	if w := send(open(t, &shelf{}, Options{}), r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET is %d, want 405", w.Code)
	}
}

func TestNew_refusesADoorOpenToStrangers(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{":8460", "0.0.0.0:8460", "10.0.0.7:8460", "desk.example:8460", ""} {
		if _, err := New((&shelf{}).inbox(), Options{Listen: listen}); err == nil {
			t.Errorf("a door without a token opened on %q", listen)
		}
	}
	for _, listen := range []string{"127.0.0.1:0", "[::1]:8460", "localhost:8460"} {
		if _, err := New((&shelf{}).inbox(), Options{Listen: listen}); err != nil {
			t.Errorf("a door on %q: %v", listen, err)
		}
	}
}

func TestDoor_counts(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	s := &shelf{}
	h := open(t, s, Options{Registerer: reg})
	send(h, request("/inbox/a", "x", nil))
	send(h, request("/inbox/a", "", nil))
	s.fail = bus.ErrFull
	send(h, request("/inbox/a", "x", nil))
	want := `# HELP copydesk_door_requests_total Files sent to the HTTP door, by what became of them.
# TYPE copydesk_door_requests_total counter
copydesk_door_requests_total{outcome="accepted"} 1
copydesk_door_requests_total{outcome="full"} 1
copydesk_door_requests_total{outcome="refused"} 1
copydesk_door_requests_total{outcome="unavailable"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestInbox_receiptOfAFileThatWasNotStored(t *testing.T) {
	t.Parallel()
	s := &shelf{fail: errors.New("no server")}
	r, err := s.inbox().Put(t.Context(), bus.File{Source: "cli", Lane: article.Live, Data: []byte("x")})
	if err == nil || r.Error == nil || *r.Error != "no server" || r.Stream != nil || r.Item != nil {
		t.Errorf("receipt %+v, err %v", r, err)
	}
}

// The door's token, right or wrong, is in no answer.
func TestDoor_doesNotTellTokens(t *testing.T) {
	t.Parallel()
	h := open(t, &shelf{}, Options{Token: "s3cret-token", Listen: "0.0.0.0:8460"})
	for _, sent := range []string{"", "Bearer wr0ng-token", "Basic wr0ng-token", "Bearer s3cret-token"} {
		w := send(h, request("/inbox/web", "A text.", map[string]string{"Authorization": sent}))
		if body := fmt.Sprint(w.Body, w.Header()); strings.Contains(body, "s3cret-token") || strings.Contains(body, "wr0ng-token") {
			t.Errorf("%q is answered with a token: %s", sent, body)
		}
		if want := sent == "Bearer s3cret-token"; (w.Code == http.StatusAccepted) != want {
			t.Errorf("%q: status %d", sent, w.Code)
		}
	}
}
