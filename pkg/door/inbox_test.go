package door_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/door"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// serve opens a door on a real server.
func serve(t *testing.T, settings bus.Settings) (url string, srv *desktest.Server) {
	t.Helper()
	srv = desktest.StartServer(t, natsembed.Options{})
	if err := bus.Provision(t.Context(), srv.JS, bus.NewTopology(settings)); err != nil {
		t.Fatal(err)
	}
	pub, err := bus.NewPublisher(srv.Connect(t, "door"), bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pub.Close)
	blobs, err := bus.OpenBlobs(t.Context(), srv.JS)
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := door.OpenInbox(t.Context(), srv.JS, bus.NewIntake(pub, blobs))
	if err != nil {
		t.Fatal(err)
	}
	h, err := door.New(inbox, door.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(door.Pattern, h)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	return web.URL, srv
}

func post(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	res, err := http.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestDoor_overARealServer(t *testing.T) {
	t.Parallel()
	url, srv := serve(t, bus.Settings{})
	large := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB, more than a message takes
	for _, body := range []string{"Some news.", large} {
		if status, answer := post(t, url+"/inbox/curl", body); status != http.StatusAccepted {
			t.Fatalf("status %d: %s", status, answer)
		}
	}
	stream, err := srv.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	small, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if small.Subject != "articles.inbox.curl" || string(small.Data) != "Some news." || small.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("stored %s %v %q", small.Subject, small.Header, small.Data)
	}
	checked, err := stream.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := bus.OpenBlobs(t.Context(), srv.JS)
	if err != nil {
		t.Fatal(err)
	}
	data, err := blobs.Get(t.Context(), checked.Header.Get(article.HeaderBlob))
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != large || len(checked.Data) != 0 {
		t.Errorf("the blob has %d bytes and the message %d", len(data), len(checked.Data))
	}
}

func TestDoor_aFullInboxIs503(t *testing.T) {
	t.Parallel()
	url, srv := serve(t, bus.Settings{})
	stream, err := srv.JS.Stream(t.Context(), article.StreamInbox)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	cfg.MaxMsgs = 1
	if _, err := srv.JS.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if status, answer := post(t, url+"/inbox/curl", "One."); status != http.StatusAccepted {
		t.Fatalf("status %d: %s", status, answer)
	}
	status, answer := post(t, url+"/inbox/curl", "Two.")
	if status != http.StatusServiceUnavailable || !strings.Contains(answer, `"reason":"inbox_full"`) {
		t.Errorf("status %d: %s", status, answer)
	}
}
