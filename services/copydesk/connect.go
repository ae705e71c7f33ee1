package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

// connection says which NATS a command talks to.
type connection struct {
	URL string
	bus.Identity
}

func (c *connection) flags(f *pflag.FlagSet) {
	f.StringVar(&c.URL, "nats", nats.DefaultURL, "NATS `server`, or several with commas between")
	rename(f, "nats", "nats-url")
	std := flag.NewFlagSet("", flag.ContinueOnError)
	desk.IdentityFlags(std, &c.Identity)
	f.AddGoFlagSet(std)
}

func (c *connection) dialer(log *slog.Logger) bus.Dialer {
	return bus.Dial(c.URL, c.Identity, log)
}

// client is a command's connection.
type client struct {
	nc *nats.Conn
	js jetstream.JetStream
}

// open connects. Close the client.
func (c *connection) open(name string, log *slog.Logger) (*client, error) {
	nc, err := c.dialer(log)(name)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	return &client{nc, js}, nil
}

func (c *client) Close() { c.nc.Close() }

// withClient runs f with a connection.
func (c *connection) withClient(cmd *cobra.Command, f func(ctx context.Context, c *client) error) error {
	log, err := logger(cmd)
	if err != nil {
		return err
	}
	cl, err := c.open(cmd.Name(), log)
	if err != nil {
		return err
	}
	defer cl.Close()
	return bus.Explain(cl.nc, f(cmd.Context(), cl))
}

// logger is the log of a command, on stderr.
func logger(cmd *cobra.Command) (*slog.Logger, error) {
	format, err := cmd.Flags().GetString("log-format")
	if err != nil {
		return nil, err
	}
	level, err := cmd.Flags().GetString("log-level")
	if err != nil {
		return nil, err
	}
	return run.NewLogger(cmd.ErrOrStderr(), format, level)
}
