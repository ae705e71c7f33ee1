package bus

import (
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
)

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for servers, want := range map[string]string{
		"nats://127.0.0.1:4222":                  "nats://127.0.0.1:4222",
		"nats://desk:s3cret@nats:4222":           "nats://xxxxx@nats:4222",
		"nats://t0ken@a:4222,nats://b:4222":      "nats://xxxxx@a:4222,nats://b:4222",
		"desk:s3cret@nats:4222":                  "xxxxx@nats:4222",
		"tls://nats.example.org:4222, tls://b:1": "tls://nats.example.org:4222, tls://b:1",
	} {
		if got := publicURL(servers); got != want {
			t.Errorf("%s is shown as %s, want %s", servers, got, want)
		}
	}
}

// An address may hold a password; the error that it does not answer does not.
func TestDial_doesNotTellSecrets(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"nats://desk:s3cret@127.0.0.1:1", "nats://s3cret@127.0.0.1:1", "desk:s3cret@127.0.0.1:1"} {
		_, err := Dial(url, Identity{}, slog.New(slog.DiscardHandler))("test")
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error %v", err)
		}
	}
}

func TestIdentity_aKeyThatIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Identity{NKey: dir}.Options("ingest")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "ingest.nk") {
		t.Errorf("error %v, want that ingest.nk is missing", err)
	}
}
