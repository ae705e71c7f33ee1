package natsembed_test

import (
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/natsembed"
)

func options(t *testing.T) natsembed.Options {
	return natsembed.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
}

func TestStart_opensNoPortUnlessAsked(t *testing.T) {
	t.Parallel()
	srv, err := natsembed.Start(options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Shutdown()
	if url := srv.URL(); url != "" {
		t.Errorf("it listens at %s", url)
	}
	nc, err := srv.Dial("test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Flush(); err != nil {
		t.Errorf("the connection inside the process does not work: %v", err)
	}
}

func TestStart_refusesAnAddressThatStrangersCouldUse(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:4222", "4222", "127.0.0.1:many"} {
		o := options(t)
		o.Listen = address
		srv, err := natsembed.Start(o)
		if err == nil {
			srv.Shutdown()
			t.Errorf("it listens on %q without a token", address)
		}
	}
}

func TestStart_letsInWhoKnowsTheToken(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Listen, o.Token = "127.0.0.1:0", "sesame"
	srv, err := natsembed.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Shutdown()
	if nc, err := nats.Connect(srv.URL()); err == nil {
		nc.Close()
		t.Error("a client without the token was let in")
	}
	nc, err := nats.Connect(srv.URL(), nats.Token("sesame"))
	if err != nil {
		t.Errorf("a client with the token was not let in: %v", err)
	} else {
		nc.Close()
	}
	own, err := srv.Dial("own")
	if err != nil {
		t.Errorf("the process's own connection was not let in: %v", err)
	} else {
		own.Close()
	}
}

func TestStart_saysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := natsembed.Start(natsembed.Options{Logger: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("it started without a directory")
	}
}
