// Command dedupe gives each article its verdict:
// articles.ingested -> articles.unique or articles.duplicate.<relation>.<source>.
package main

import (
	"context"
	"flag"
	"os"

	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

func main() {
	os.Exit(run.Main("dedupe", func(f *flag.FlagSet) run.Func {
		w := desk.NewWorker(f)
		return func(ctx context.Context, p *run.Process) error {
			d, err := w.Desk(p.Log, p.Registry, p.Tracer, run.BuildInfo().Version, "dedupe")
			if err != nil {
				return err
			}
			p.HTTP.SetReady(d.Ready)
			p.HTTP.SetDetail(d.Standing)
			return d.Run(ctx)
		}
	}))
}
