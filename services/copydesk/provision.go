package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bus"
)

// provisionCommand is "copydesk provision".
func provisionCommand() *cobra.Command {
	var (
		nats     connection
		settings bus.Settings
	)
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Declare the streams, consumers and buckets, and end",
		Long: `Declare the streams, consumers and buckets of a desk, or bring their limits up to date,
and end. It removes nothing, and running it again changes nothing. up and the workers do
this by themselves, unless they may not.`,
		Example: `  copydesk provision --nats tls://nats:4222 --nats-ca secure/tls/ca.pem --nats-nkey secure/keys/provision.nk`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				return bus.Provision(ctx, c.js, bus.NewTopology(settings))
			})
		},
	}
	nats.flags(cmd.Flags())
	roadFlags(cmd.Flags(), &settings)
	return cmd
}
