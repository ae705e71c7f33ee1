package run

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestReadyURL_asksThisMachine(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8460": "http://127.0.0.1:8460/readyz",
		":8460":          "http://localhost:8460/readyz",
		"0.0.0.0:8460":   "http://localhost:8460/readyz",
		"[::]:8460":      "http://localhost:8460/readyz",
		"10.0.0.7:80":    "http://10.0.0.7:80/readyz",
	} {
		if got, err := readyURL(listen); err != nil || got != want {
			t.Errorf("readyURL(%q) = %q, %v; want %q", listen, got, err, want)
		}
	}
	if got, err := readyURL("8460"); err == nil {
		t.Errorf("readyURL without a colon = %q, want an error", got)
	}
}

func TestProgram_healthcheckAsksTheProcess(t *testing.T) {
	t.Parallel()
	p := start(t, Options{}, untilDone)
	ask := func() (int, string) {
		var stderr bytes.Buffer
		env := func(k string) (string, bool) { return p.HTTP.Addr().String(), k == "COPYDESK_LISTEN" }
		setup := func(*flag.FlagSet) Func {
			return func(context.Context, *Process) error {
				t.Error("a health check started the process")
				return nil
			}
		}
		return program(t.Context(), "test", setup, []string{"healthcheck"}, env, &stderr), stderr.String()
	}
	p.HTTP.SetReady(func() error { return errors.New("1 of 4 stages have started") })
	if code, stderr := ask(); code != ExitFailure || !strings.Contains(stderr, "not ready: 1 of 4 stages have started") {
		t.Errorf("exit code %d, stderr %q before it is ready", code, stderr)
	}
	p.HTTP.SetReady(func() error { return nil })
	if code, stderr := ask(); code != ExitOK || stderr != "" {
		t.Errorf("exit code %d, stderr %q when it is ready, want none", code, stderr)
	}
	p.stop()
	<-p.done
	if code, _ := ask(); code != ExitFailure {
		t.Errorf("exit code %d when nothing listens, want %d", code, ExitFailure)
	}
}
