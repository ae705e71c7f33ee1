package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/run"
)

// getCommand is "copydesk get": one record.
func getCommand() *cobra.Command {
	var o tapOptions
	cmd := &cobra.Command{
		Use:   "get URI[@version]",
		Short: "Print an article's record: the latest version, or one",
		Long: `Print an article's record, the latest version or the one asked for. Instead of the
URI, its last 26 characters will do: the item that drop prints.

An article that is still on its way is printed as far as it got, one that died as
the dead letter it became; a notice on stderr says so. A text that is too large for
a message is read from its blob.`,
		Example: `  copydesk get urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla
  copydesk get k3w5q2zt7mbn4xv6pc2rhd5yla@1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := parseReference(args[0])
			if err != nil {
				return run.Usage(err)
			}
			out, err := o.printer(cmd.OutOrStdout())
			if err != nil {
				return err
			}
			if o.Format == "" {
				out.line = false
			}
			return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
				return get(ctx, cmd, c, r, out)
			})
		},
	}
	o.nats.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.Format, "format", "", "json (the default) or line")
	return cmd
}

func get(ctx context.Context, cmd *cobra.Command, c *client, r reference, out printer) error {
	at, err := find(ctx, c.js, r)
	if err != nil {
		return err
	}
	m, err := message(ctx, c.js, at.stream, at.seq)
	if err != nil {
		return err
	}
	switch at.stream {
	case article.StreamDead:
		fmt.Fprintln(cmd.ErrOrStderr(), "copydesk: this article died")
		return out.dead(deadOf(m.Subject, m.Header, m.Data))
	case article.StreamEnriched, article.StreamDuplicate:
	default:
		fmt.Fprintln(cmd.ErrOrStderr(), "copydesk: this article is not finished; shown as it is on", m.Subject)
	}
	a, data, err := whole(ctx, c, m.Data)
	if err != nil {
		return err
	}
	return out.record(a, data)
}

// whole reads a record and, if it is in a blob, its text.
func whole(ctx context.Context, c *client, data []byte) (*article.Article, []byte, error) {
	a, err := article.Decode(data)
	if err != nil || a.Text != nil || a.TextRef == nil {
		return a, data, err
	}
	blobs, err := bus.OpenBlobs(ctx, c.js)
	if err != nil {
		return nil, nil, err
	}
	b, err := blobs.Get(ctx, *a.TextRef)
	if err != nil {
		return nil, nil, err
	}
	text := string(b)
	a.Text = &text
	data, err = article.Encode(a)
	return a, data, err
}
