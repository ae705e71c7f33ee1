package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

// workerCommand is "copydesk worker": some stages against a NATS server.
func workerCommand() *cobra.Command {
	var (
		nats      connection
		process   run.Options
		settings  bus.Settings
		learning  desk.Learning
		provision bool
		keep      bool
		stateDir  string
		sources   []string
	)
	cmd := &cobra.Command{
		Use:   "worker STAGE…",
		Short: "Run some stages against a NATS server",
		Long: `Run some stages against a NATS server, as one of many such processes:

  ` + strings.Join(article.Stages(), ", ") + `

Processes of one stage share its work. Of those of dedupe one decides, and the others
stand by with their index up to date; /readyz and copydesk_dedupe_active say which. The flags about streams must be the same for
all of them, since each declares the streams when it starts; a worker that may not
gets --provision=false.

Besides, there is ` + desk.Housekeeping + `: it trims the streams and counts the ledger, beside ingest
unless that has --housekeeping=false, or in a process of its own.`,
		Example:   `  copydesk worker ingest dedupe --nats nats://nats:4222 --listen 127.0.0.1:9090`,
		Args:      cobra.MatchAll(cobra.MinimumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: append(article.Stages(), desk.Housekeeping),
		RunE: func(cmd *cobra.Command, stages []string) error {
			if err := desk.CheckSources(sources); err != nil {
				return run.Usage(fmt.Errorf("worker: --source-labels: %w", err))
			}
			o, err := processOptions(cmd, process)
			if err != nil {
				return err
			}
			return run.Run(cmd.Context(), "worker", o, func(ctx context.Context, p *run.Process) error {
				d, err := desk.New(desk.Options{
					Dial: nats.dialer(p.Log), Settings: settings, Learning: learning, Stages: stages, Provision: provision, NoHousekeeping: !keep, StateDir: stateDir, Sources: sources,
					Grace: stageGrace(process.Grace), Version: run.BuildInfo().Version,
					Logger: p.Log, Registerer: p.Registry, Tracer: p.Tracer, Isolate: true, Wrap: wrapStages,
				})
				if err != nil {
					return err
				}
				p.HTTP.SetReady(d.Ready)
				p.HTTP.SetDetail(d.Standing)
				return d.Run(ctx)
			})
		},
	}
	f := cmd.Flags()
	nats.flags(f)
	roadFlags(f, &settings)
	learningFlags(f, &learning)
	sourceFlags(f, &sources)
	processFlags(f, &process, "")
	f.StringVar(&stateDir, "state-dir", "", "`folder` of this worker's own where dedupe keeps its index, to start quicker")
	f.BoolVar(&keep, "housekeeping", true, "have ingest trim the streams and count the ledger; off where a process of its own does")
	f.BoolVar(&provision, "provision", true, "declare streams and consumers first; off where the worker may not")
	return cmd
}

// drainMargin is what a process keeps of its grace period for the time after its
// stages have stopped.
const drainMargin = 2 * time.Second

// stageGrace is the stages' part of a process's grace period.
func stageGrace(process time.Duration) time.Duration {
	return max(process-drainMargin, process/2)
}

// processOptions completes the options of a process with the flags every command
// has.
func processOptions(cmd *cobra.Command, o run.Options) (run.Options, error) {
	var err error
	if o.LogFormat, err = cmd.Flags().GetString("log-format"); err != nil {
		return o, err
	}
	if o.LogLevel, err = cmd.Flags().GetString("log-level"); err != nil {
		return o, err
	}
	o.Stderr = cmd.ErrOrStderr()
	return o, nil
}
