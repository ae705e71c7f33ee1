package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

func TestDead_saysWhatTheNATSUserMayNotDo(t *testing.T) {
	t.Parallel()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		Users: []*server.User{
			{Username: "all", Password: "all"},
			{Username: "few", Password: "few", Permissions: &server.Permissions{
				Publish: &server.SubjectPermission{Allow: []string{"$JS.API.INFO", "$JS.API.STREAM.INFO.>"}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	nc, err := nats.Connect(srv.ClientURL(), nats.UserInfo("all", "all"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Provision(t.Context(), js, bus.NewTopology(bus.Settings{})); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), article.DeadSubject(article.StageIngest), []byte("noise")); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	url := strings.Replace(srv.ClientURL(), "://", "://few:few@", 1)
	code := execute(t.Context(), []string{"dead", "ls", "--nats", url, "--log-level", "error"}, streams{out: &out, err: &stderr}, func() []string { return nil })
	if code != 1 || !strings.Contains(stderr.String(), `this user may not publish to`) || !strings.Contains(stderr.String(), "$JS.API.CONSUMER.CREATE.ARTICLES_DEAD") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}
