package natsembed_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/copydesk/copydesk/pkg/natsembed"
)

func TestRestarted_tellsOneStartOfTheMachineFromAnother(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the system does not say")
	}
	dir := filepath.Join(t.TempDir(), "data")
	is := func(want bool, when string) {
		t.Helper()
		got, err := natsembed.Restarted(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %t, want %t", when, got, want)
		}
	}
	is(false, "a folder that is not there")
	if err := os.MkdirAll(filepath.Join(dir, "jetstream"), 0o755); err != nil {
		t.Fatal(err)
	}
	is(true, "streams, and no note")
	if err := natsembed.NoteBoot(dir); err != nil {
		t.Fatal(err)
	}
	is(false, "noted")
	if err := os.WriteFile(filepath.Join(dir, "boot"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	is(true, "another start")
}
