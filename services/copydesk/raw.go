package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// rawCommand is "copydesk raw": the bytes an article came as.
func rawCommand() *cobra.Command {
	var nats connection
	cmd := &cobra.Command{
		Use:   "raw URI[@version]",
		Short: "Print the file an article came in, byte by byte",
		Long: `Print the file an article came in as it was dropped, for as long as the inbox keeps it.
A terminal gets text with its control characters made visible; write to a file, or
through a pipe, for the bytes.`,
		Example: `  copydesk raw urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla > story.html`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := parseReference(args[0])
			if err != nil {
				return run.Usage(err)
			}
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				data, err := rawFile(ctx, c, r)
				if err != nil {
					return err
				}
				if isTerminal(cmd.OutOrStdout()) {
					if !utf8.Valid(data) {
						return errors.New("the file is not text: write it to a file, copydesk raw … > FILE")
					}
					data = []byte(strings.TrimRight(view.Terminal(string(data)), "\n") + "\n")
				}
				_, err = cmd.OutOrStdout().Write(data)
				return err
			})
		},
	}
	nats.flags(cmd.Flags())
	return cmd
}

// rawFile returns the file that a version of an article came in.
func rawFile(ctx context.Context, c *client, r reference) ([]byte, error) {
	at, err := find(ctx, c.js, r)
	if err != nil {
		return nil, err
	}
	seq := number[uint64](at.header, article.HeaderOriginSeq)
	if seq == 0 {
		return nil, fmt.Errorf("%s: its message on %s does not say where it came from", r, at.stream)
	}
	inbox := article.StreamInbox
	if article.Lane(at.header.Get(article.HeaderLane)) == article.Backfill {
		inbox = article.StreamBackfill
	}
	m, err := message(ctx, c.js, inbox, seq)
	if err != nil {
		return nil, err
	}
	ref := m.Header.Get(article.HeaderBlob)
	if ref == "" {
		return m.Data, nil
	}
	blobs, err := bus.OpenBlobs(ctx, c.js)
	if err != nil {
		return nil, err
	}
	return blobs.Get(ctx, ref)
}
