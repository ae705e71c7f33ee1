package main

import (
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/run"
)

// defaultListen is where "copydesk up" serves HTTP and "copydesk healthcheck" asks.
const defaultListen = "127.0.0.1:8460"

// healthcheckCommand is "copydesk healthcheck": is the process on this machine
// ready? It stands in for curl in images that have no shell.
func healthcheckCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the process on this machine whether it is ready",
		Long: `Ask the process on this machine whether it is ready, for HEALTHCHECK in containers.
--listen is that process's own flag: in its container, COPYDESK_LISTEN serves both.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return run.CheckHealth(cmd.Context(), listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "`address` the process serves HTTP on")
	return cmd
}
