package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// rawCommand is "copydesk raw": the bytes an article came as.
func rawCommand() *cobra.Command {
	var server connection
	cmd := &cobra.Command{
		Use:   "raw URI[@version]",
		Short: "Print the file an article came in, byte by byte",
		Long: `Print the file an article came in as it was dropped, for as long as the inbox keeps it or,
if it or an article in it died in ingest, the dead letters do.
A terminal gets text with its control characters made visible; write to a file, or
through a pipe, for the bytes.`,
		Example: `  copydesk raw urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla > story.html`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := parseReference(args[0])
			if err != nil {
				return run.Usage(err)
			}
			return server.withClient(cmd, func(ctx context.Context, c *client) error {
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
	server.flags(cmd.Flags())
	return cmd
}

// rawFile returns the file that a version of an article came in.
func rawFile(ctx context.Context, c *client, r reference) ([]byte, error) {
	at, err := find(ctx, c.js, r)
	if err != nil {
		return nil, err
	}
	f, err := fileOf(ctx, c, r, at)
	return f.Data, err
}

// fileOf returns the file that an article came in as it was dropped, with its hints.
func fileOf(ctx context.Context, c *client, r reference, at place) (f bus.File, err error) {
	seq := number[uint64](at.header, article.HeaderOriginSeq)
	if seq == 0 {
		return f, fmt.Errorf("%s: its message on %s does not say where it came from", r, at.stream)
	}
	f.Lane = article.Lane(at.header.Get(article.HeaderLane))
	inbox := article.StreamInbox
	if f.Lane == article.Backfill {
		inbox = article.StreamBackfill
	}
	m, err := message(ctx, c.js, inbox, seq)
	if errors.Is(err, errNotFound) {
		m, err = buriedFile(ctx, c, seq, f.Lane, err)
	}
	if err != nil {
		return f, err
	}
	f.Source, f.Data = at.header.Get(article.HeaderSource), m.Data
	ref := m.Header.Get(article.HeaderBlob)
	if ref != "" {
		blobs, err := bus.OpenBlobs(ctx, c.js)
		if err != nil {
			return f, err
		}
		if f.Data, err = blobs.Get(ctx, ref); err != nil {
			return f, err
		}
	}
	f.Header = nats.Header{}
	for k, v := range m.Header {
		if !strings.HasPrefix(k, "Nats-") && k != article.HeaderBlob && !slices.Contains(article.OwnHeaders(), k) {
			f.Header[k] = v
		}
	}
	return f, nil
}

// buriedFile returns a dead letter of a file that the inbox does not keep any more: of
// whichever of its articles, since each has the whole file. Without one it returns the
// error it is given.
func buriedFile(ctx context.Context, c *client, seq uint64, lane article.Lane, without error) (*jetstream.RawStreamMsg, error) {
	var letter uint64
	_, err := bus.Scan(ctx, c.js, article.StreamDead, bus.ScanOptions{Subject: article.DeadSubject(article.StageIngest)}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		h := m.Headers()
		if number[uint64](h, article.HeaderOriginSeq) == seq && article.Lane(h.Get(article.HeaderLane)) == lane && h.Get(article.HeaderRun) == "" {
			letter = meta.Sequence.Stream
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if letter == 0 {
		return nil, without
	}
	return message(ctx, c.js, article.StreamDead, letter)
}
