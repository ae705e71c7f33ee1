// Command entities tags who, what and where:
// articles.unique -> articles.tagged.
package main

import (
	"context"
	"flag"
	"os"

	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

func main() {
	os.Exit(run.Main("entities", func(f *flag.FlagSet) run.Func {
		w := desk.NewWorker(f)
		return func(ctx context.Context, p *run.Process) error {
			d, err := w.Desk(p.Log, p.Registry, p.Tracer, run.BuildInfo().Version, "entities")
			if err != nil {
				return err
			}
			p.HTTP.SetReady(d.Ready)
			return d.Run(ctx)
		}
	}))
}
