package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bench"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/natsembed"
	"github.com/copydesk/copydesk/pkg/run"
)

// benchCommand is "copydesk bench": how fast the pipeline is on this machine.
func benchCommand() *cobra.Command {
	var (
		o                bench.Options
		profile          string
		asJSON, loopback bool
	)
	cmd := &cobra.Command{
		Use:   "bench [BENCH]...",
		Short: "Measure throughput and latency on this machine",
		Long: `Measure throughput and latency on this machine, each bench on a server and in a
folder of its own that are thrown away afterwards (TMPDIR says where).

  relay        raw messages through the four hops with our engine and no work
  naive        the same, as people write it: Consume, publish, wait, acknowledge
  relay/naive  how many times faster and, in CPU time, cheaper the relay was
  pipeline     generated articles of 420 words through every stage; each twentieth
               is a copy. It gets a quarter of --n
  idle         one article at a time through an idle pipeline
  start        until the server takes connections, and until every stage pulls
  lanes        live articles at a steady rate, by turns alone (live-alone) and beside a
               backfill that never runs dry (live-beside): pending_first and
               pending_last are the least that waited when a turn began and ended,
               rate_beside and rate_alone how fast the backfill went beside live
               news and without any
  json         one decode and one encode of a record of 4 KiB
  dedupe       signatures of generated articles; decisions, the time of a verdict on
               a signature, memory an article (heap_bytes all of it, index_bytes the
               table of word triples, evidence_bytes what is compared) and restart, the
               time to read its image, of an index of --n articles made of synthetic
               words, all of one window. It needs no server and takes more than a
               stream holds: "bench dedupe --n 1000000 --rounds 1", some minutes

rate and cpu are measured from a full inbox to the last acknowledgement, the server
in the same process included; p50 and p99 from publishing a file until its result
is stored and delivered, at a modest rate. The benches take turns, --rounds times,
and the table shows the median of the rounds, the least and the most. A machine that
others use drifts: compare figures of one run only, CPU time rather than rates.

With --json each figure is one line:
{"bench":"relay","metric":"cpu_per_hop","value":30.1,"unit":"us"}
and the least and the most are <metric>_min and <metric>_max.

BENCH limits the run to some of: ` + strings.Join(bench.Steps(), ", ") + `.`,
		ValidArgs: bench.Steps(),
		Args:      cobra.OnlyValidArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Only = args
			o.Profile = bus.Profile(profile)
			if o.Profile != bus.Fast && o.Profile != bus.Durable {
				return run.Usage(fmt.Errorf("profile %q: want %s or %s", profile, bus.Fast, bus.Durable))
			}
			if o.N < 1 || o.Rounds < 1 || o.Size < 1 || o.LiveRate < 1 {
				return run.Usage(fmt.Errorf("--n, --rounds, --size and --live-rate must be at least 1"))
			}
			o.Notice = func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...) }
			o.Start = func(p bus.Profile) (*bench.Server, error) { return benchServer(p, loopback) }
			report, err := bench.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return report.WriteJSON(cmd.OutOrStdout())
			}
			return report.WriteTable(cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.N, "n", 10000, "messages of each relay in a round")
	f.IntVar(&o.LiveRate, "live-rate", 20, "live articles a second beside a backfill")
	f.DurationVar(&o.RateTime, "rate-time", 3*time.Second, "how long each measurement at a steady rate takes")
	f.IntVar(&o.Rounds, "rounds", 3, "how often everything is measured")
	f.IntVar(&o.Size, "size", 4096, "`bytes` of a relayed message")
	f.StringVar(&profile, "profile", string(bus.Fast), "durability: `fast`, or durable to survive a power cut too")
	f.BoolVar(&loopback, "listen", false, "connect by TCP over loopback, not by pipes in the process")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	for _, name := range []string{"n", "rounds", "size", "listen", "live-rate", "rate-time"} {
		rename(f, name, "bench-"+name)
	}
	return cmd
}

// benchServer starts a server in a folder that goes away with it.
func benchServer(p bus.Profile, loopback bool) (*bench.Server, error) {
	dir, err := os.MkdirTemp("", "copydesk-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a throw-away store: %w", err)
	}
	logger := slog.New(slog.DiscardHandler) // connections end with their server here, which is no news
	so := natsembed.Options{Dir: dir, Profile: p, Logger: logger}
	if loopback {
		so.Listen = "127.0.0.1:0"
	}
	srv, err := natsembed.Start(so)
	if err != nil {
		_ = os.RemoveAll(dir) // the error tells more
		return nil, err
	}
	s := &bench.Server{Dial: srv.Dial, Stop: func() {
		srv.Shutdown()
		_ = os.RemoveAll(dir) // what is left lies in the folder for temporary files
	}}
	if loopback {
		s.Dial = bus.Dial(srv.URL(), bus.Identity{}, logger)
	}
	return s, nil
}
