package secure

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

func options(sources ...string) Options {
	return Options{
		Accesses: desk.Accesses(bus.NewTopology(bus.Settings{Sources: sources})),
		Listen:   "127.0.0.1:4222", StoreDir: "jetstream", MaxStore: 1 << 30, Hosts: []string{"localhost", "127.0.0.1"},
	}
}

func initialise(t *testing.T, dir string, o Options) []string {
	t.Helper()
	written, err := Init(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestInit_secretsAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	written := initialise(t, dir, options("ap"))
	if len(written) != len(options("ap").Accesses)+5 {
		t.Errorf("wrote %d files: %v", len(written), written)
	}
	conf := read(t, dir, ConfigFile)
	for _, name := range written {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		public := name == CAFile || name == ServerFile
		if mode := info.Mode().Perm(); !public && mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
		if filepath.Dir(name) == KeyDir && strings.Contains(conf, strings.TrimSpace(read(t, dir, name))) {
			t.Errorf("the configuration has the seed %s", name)
		}
	}
}

func TestInit_writesOverNothingUnlessTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	initialise(t, dir, options())
	conf, seed := read(t, dir, ConfigFile), read(t, dir, "keys/ingest.nk")
	if _, err := Init(dir, options("ap")); !errors.Is(err, ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys/drop-ap.nk")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it wrote a key before it looked")
	}
	if d := cmp.Diff(conf, read(t, dir, ConfigFile)); d != "" {
		t.Errorf("it wrote over the configuration:\n%s", d)
	}

	o := options("ap")
	o.Keep = true
	if d := cmp.Diff([]string{"keys/drop-ap.nk", ConfigFile}, initialise(t, dir, o)); d != "" {
		t.Errorf("with keep it wrote other files:\n%s", d)
	}
	if read(t, dir, "keys/ingest.nk") != seed {
		t.Error("keep made a new key")
	}
	o.Keep, o.Force = false, true
	initialise(t, dir, o)
	if read(t, dir, "keys/ingest.nk") == seed {
		t.Error("force kept a key")
	}
}

func TestInit_certificateIsForTheHostsAndSignedByTheAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options()
	o.Hosts = []string{"nats.example.org", "192.0.2.7"}
	initialise(t, dir, o)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, ServerFile), filepath.Join(dir, ServerKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	block, _ := pem.Decode([]byte(read(t, dir, CAFile)))
	if block == nil {
		t.Fatal("no certificate in the authority's file")
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(ca)
	for host, good := range map[string]bool{"nats.example.org": true, "192.0.2.7": true, "example.org": false, "localhost": false} {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
		if (err == nil) != good {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestInit_ownCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options()
	o.CertFile, o.KeyFile = "/etc/ssl/nats.pem", "/etc/ssl/nats-key.pem"
	initialise(t, dir, o)
	if conf := read(t, dir, ConfigFile); !strings.Contains(conf, `cert_file: "/etc/ssl/nats.pem"`) {
		t.Error("the configuration does not name the certificate")
	}
	if _, err := os.Stat(filepath.Join(dir, CAFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("it made an authority nobody needs")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options("ap")
	initialise(t, dir, o)
	conf := read(t, dir, ConfigFile)
	check := func(accesses []desk.Access) []string {
		t.Helper()
		findings, err := Check(dir, accesses)
		if err != nil {
			t.Fatal(err)
		}
		return findings
	}
	if f := check(o.Accesses); len(f) > 0 {
		t.Errorf("findings in what was just written: %v", f)
	}
	rewrite := func(old, repl string) {
		t.Helper()
		if !strings.Contains(conf, old) {
			t.Fatalf("no %q in the configuration", old)
		}
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte(strings.ReplaceAll(conf, old, repl)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(`"articles.dead.summarize"`, ``)
	got := check(o.Accesses)
	if d := cmp.Diff([]string{"summarize: does not allow to publish articles.dead.summarize"}, got); d != "" {
		t.Error(d)
	}
	rewrite(`"articles.dead.summarize"`, "\"articles.dead.summarize\"\n\"articles.decisions\"")
	got = check(o.Accesses)
	if d := cmp.Diff([]string{"summarize: need not allow to publish articles.decisions"}, got); d != "" {
		t.Error(d)
	}
	rewrite(`"$JS.API.CONSUMER.MSG.NEXT.ARTICLES_UNIQUE.entities"`, ``)
	if got = check(o.Accesses); len(got) == 0 {
		t.Error("a missing prohibition is no finding")
	}
	rewrite("server_name: copydesk", "server_name: other")
	got = check(desk.Accesses(bus.NewTopology(bus.Settings{Sources: []string{"ap", "mail"}})))
	if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "drop-mail: ") {
		t.Errorf("a source without a user: %v", got)
	}
	if got = check(options().Accesses); len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "a user that is no role") {
		t.Errorf("a user without a source: %v", got)
	}
	if _, err := Check(t.TempDir(), o.Accesses); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no configuration: %v", err)
	}
}

// A seed that cannot be read is not repeated in what is said of it.
func TestPublicKey_doesNotTellWhatItRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.nk")
	if err := os.WriteFile(path, []byte("SUASECRETSECRETSECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := publicKey(path)
	if err == nil || strings.Contains(err.Error(), "SECRETSECRET") {
		t.Errorf("error %v", err)
	}
}
