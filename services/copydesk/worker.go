package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

// workerCommand is "copydesk worker": some stages against a NATS server.
func workerCommand() *cobra.Command {
	var (
		nats      connection
		settings  settings
		listen    string
		provision bool
	)
	cmd := &cobra.Command{
		Use:   "worker STAGE…",
		Short: "Run some stages against a NATS server",
		Long: `Run some stages against a NATS server, as one of many such processes:

  ` + strings.Join(article.Stages(), ", ") + `

Processes of one stage share its work. The flags about streams must be the same for
all of them, since each declares the streams when it starts; a worker that may not
gets --provision=false.`,
		Example:   `  copydesk worker ingest dedupe --nats nats://nats:4222 --listen 127.0.0.1:9090`,
		Args:      cobra.MatchAll(cobra.MinimumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: article.Stages(),
		RunE: func(cmd *cobra.Command, stages []string) error {
			s, err := settings.bus()
			if err != nil {
				return err
			}
			o, err := processOptions(cmd, listen)
			if err != nil {
				return err
			}
			return run.Run(cmd.Context(), "worker", o, func(ctx context.Context, p *run.Process) error {
				d, err := desk.New(desk.Options{
					Dial: nats.dialer(p.Log), Settings: s, Stages: stages, Provision: provision,
					Version: run.BuildInfo().Version, Logger: p.Log, Registerer: p.Registry,
				})
				if err != nil {
					return err
				}
				p.HTTP.SetReady(d.Ready)
				return d.Run(ctx)
			})
		},
	}
	f := cmd.Flags()
	nats.flags(f)
	settings.flags(f)
	f.StringVar(&listen, "listen", "", "`address` for metrics and probes; empty for none")
	f.BoolVar(&provision, "provision", true, "declare streams and consumers first; off where the worker may not")
	return cmd
}
