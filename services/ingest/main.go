// Command ingest turns files from the inbox into clean articles:
// articles.inbox.<source> and articles.backfill.<source> -> articles.ingested.
package main

import (
	"context"
	"flag"
	"os"

	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

func main() {
	desk.ServeIsolated()
	os.Exit(run.Main("ingest", func(f *flag.FlagSet) run.Func {
		w := desk.NewWorker(f)
		return func(ctx context.Context, p *run.Process) error {
			d, err := w.Desk(p.Log, p.Registry, p.Tracer, run.BuildInfo().Version, "ingest")
			if err != nil {
				return err
			}
			p.HTTP.SetReady(d.Ready)
			return d.Run(ctx)
		}
	}))
}
