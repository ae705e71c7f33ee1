package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/copydesk/copydesk/pkg/overview"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

const (
	// lookTimeout is how long a look may take before the screen says so.
	lookTimeout = 10 * time.Second
	// leastInterval keeps a screen from being a load of its own.
	leastInterval = 100 * time.Millisecond
)

// topOptions are the flags of top.
type topOptions struct {
	nats     connection
	Interval time.Duration
	Once     bool
	JSON     bool
}

// topCommand is "copydesk top".
func topCommand(environ func() []string) *cobra.Command {
	var o topOptions
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch the desk at work",
		Long: `Watch the desk at work: what waits for each stage and for how long, messages a second
in and out, how long the newest articles took, how full the streams are, what died last
and why. Everything comes from JetStream, so it is the same for one process and for many
workers, on one machine or several. No text of an article is shown.

A stage is idle, working, waiting (messages wait for a worker that pulls) or absent
(nobody pulls). "since" is for how long its oldest unfinished message has waited.

Keys: q quits, r looks at once. With --once, or --json for programs, one look is printed,
whose rates are those of --interval.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Interval < leastInterval {
				return run.Usage(fmt.Errorf("interval %s: want %s or more", o.Interval, leastInterval))
			}
			if o.Once || o.JSON {
				return o.once(cmd)
			}
			return o.watch(cmd, environ)
		},
	}
	o.nats.flags(cmd.Flags())
	cmd.Flags().DurationVar(&o.Interval, "interval", 2*time.Second, "look this often")
	cmd.Flags().BoolVar(&o.Once, "once", false, "print one look and end")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one look as JSON and end")
	return cmd
}

// once prints a look. It looks twice, for the rates.
func (o *topOptions) once(cmd *cobra.Command) error {
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		v, err := overview.New(ctx, c.js, overview.Options{})
		if err != nil {
			return noDesk(err)
		}
		if _, err := v.Take(ctx); err != nil {
			return err
		}
		timer := time.NewTimer(o.Interval)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		s, err := v.Take(ctx)
		if err != nil {
			return err
		}
		if o.JSON {
			return json.NewEncoder(view.JSONWriter(cmd.OutOrStdout())).Encode(s)
		}
		_, err = io.WriteString(cmd.OutOrStdout(), screen{server: c.nc.ConnectedUrlRedacted(), overview: s, interval: o.Interval}.text())
		return err
	})
}

// watch fills the terminal until the user or a signal ends it.
func (o *topOptions) watch(cmd *cobra.Command, environ func() []string) error {
	out, ok := cmd.OutOrStdout().(*os.File)
	if !ok || !term.IsTerminal(int(out.Fd())) {
		return run.Usage(errors.New("top fills a terminal, and this is none: use --once or --json"))
	}
	// A log line would tear the screen, which shows errors itself.
	c, err := o.nats.open(cmd.Name(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer c.Close()
	ctx := cmd.Context()
	v, err := overview.New(ctx, c.js, overview.Options{})
	if err != nil {
		return noDesk(err)
	}
	m := &topModel{
		screen: screen{server: c.nc.ConnectedUrlRedacted(), interval: o.Interval, keys: true},
		look: func() (*overview.Overview, error) {
			ctx, cancel := context.WithTimeout(ctx, lookTimeout)
			defer cancel()
			return v.Take(ctx)
		},
	}
	_, err = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(cmd.InOrStdin()), tea.WithOutput(out), tea.WithEnvironment(environ()), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return nil // stopped when asked to
	}
	return err
}
