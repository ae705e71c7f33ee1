package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/desktest"
	"github.com/copydesk/copydesk/pkg/natsembed"
)

// The scripts run the program itself, as a process of its own: this test binary,
// which TestMain turns into it. With the race detector every process would take more
// than a second to start, so then the scripts get a plain build.
func TestMain(m *testing.M) {
	if raceEnabled {
		os.Exit(withPlainBuild(m))
	}
	testscript.Main(m, map[string]func(){
		"copydesk": func() { os.Exit(Main()) },
	})
}

func withPlainBuild(m *testing.M) int {
	dir, err := os.MkdirTemp("", "copydesk")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, build, err)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		panic(err)
	}
	return m.Run()
}

// The scripts in testdata/script are the specification of the command line.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// The scripts in testdata/desk each have a NATS server of their own, at
// $COPYDESK_NATS_URL, with a whole desk at work on it that takes one article at a
// time, and the samples in $SAMPLES.
func TestScripts_desk(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Abs("../../deploy/samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/desk",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			srv := startDesk(t)
			env.Setenv("COPYDESK_NATS_URL", srv.URL())
			env.Setenv("SAMPLES", samples)
			return nil
		},
	})
}

func startDesk(t *testing.T) *desktest.Server {
	t.Helper()
	srv := desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"})
	d, err := desk.New(desk.Options{Dial: srv.Dial, Provision: true, Ordered: true, Logger: desktest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	desktest.Run(t, d.Run)
	desktest.Wait(t, "the desk to start", func() bool { return d.Ready() == nil })
	return srv
}

// The scripts in testdata/server have an empty NATS server at $COPYDESK_NATS_URL, and a
// port that nothing listened on a moment ago in $PORT.
func TestScripts_server(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/server",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			_, port, err := net.SplitHostPort(l.Addr().String())
			env.Setenv("PORT", port)
			env.Setenv("COPYDESK_NATS_URL", desktest.StartServer(t, natsembed.Options{Listen: "127.0.0.1:0"}).URL())
			return err
		},
	})
}
