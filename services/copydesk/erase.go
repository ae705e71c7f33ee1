package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/erase"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// eraseOptions are the flags of erase.
type eraseOptions struct {
	nats    connection
	request erase.Request
	DryRun  bool
	JSON    bool
	Wait    time.Duration
}

func eraseCommand() *cobra.Command {
	var o eraseOptions
	cmd := &cobra.Command{
		Use:   "erase URI | SHA256 | --source S",
		Short: "Remove an article from everything that is kept, for good",
		Long: `Remove an article with all its versions, every arrival of a file, or everything of a
source, from every stream and bucket, the decision log and dedupe's index, and have the
server write over it. What is erased is kept from coming back: a file or an article with
the same words dies with the reason "erased". A tombstone without text is published on
articles.erased, for subscribers to do the same.

The proof says what was in each store and what is there now. The desk must be running,
since dedupe has to forget, too. An erasure that was broken off is gone on with by asking
for it again.

A file that holds other articles as well stays, and the proof says so, unless
--whole-file is given; its other articles' records stay either way.

What left the desk is out of reach: subscribers' copies, backups, logs.`,
		Example: `  copydesk erase urn:copydesk:article:k3w5q2zt7mbn4xv6pc2rhd5yla --copies --reason "court order 12/26" --dry-run
  copydesk erase --source letters --reason "contract ended"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	o.nats.flags(f)
	f.StringVar(&o.request.Source, "source", "", "everything of this `source`")
	rename(f, "source", "erase-source") // --source of drop is another
	f.BoolVar(&o.request.Copies, "copies", false, "also what dedupe found to repeat it: exact and near copies, and excerpts")
	f.BoolVar(&o.request.WholeFile, "whole-file", false, "also the bytes of files that hold other articles")
	f.StringVar(&o.request.Reason, "reason", "", "why, for those who read it later; published with the tombstone")
	f.StringVar(&o.request.By, "by", "", "who says so (default: the user)")
	f.BoolVar(&o.DryRun, "dry-run", false, "say what would be erased and change nothing")
	f.BoolVar(&o.JSON, "json", false, "print the proof as JSON")
	f.DurationVar(&o.Wait, "wait", 30*time.Second, "how long to wait for articles on their way and for dedupe")
	return cmd
}

// aim reads what is to be erased.
func (o *eraseOptions) aim(args []string) error {
	switch {
	case (len(args) == 1) == (o.request.Source != ""):
		return errors.New("erase: want an article, the SHA-256 of a file, or --source, and one of them")
	case strings.TrimSpace(o.request.Reason) == "":
		return errors.New("erase: say why, with --reason")
	case o.request.Source != "":
		return article.CheckSource(o.request.Source)
	}
	if b, err := hex.DecodeString(args[0]); err == nil && len(b) == 32 {
		o.request.SHA256 = strings.ToLower(args[0])
		return nil
	}
	r, err := parseReference(args[0])
	if err == nil && r.version > 0 {
		err = fmt.Errorf("erase: all versions of %s go together: leave @%d out", r.uri, r.version)
	}
	o.request.URI = r.uri
	return err
}

func (o *eraseOptions) run(cmd *cobra.Command, args []string) error {
	if err := o.aim(args); err != nil {
		return run.Usage(err)
	}
	if o.request.By == "" {
		if u, err := user.Current(); err == nil {
			o.request.By = u.Username
		}
	}
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		e, err := erase.New(ctx, c.nc, c.js, time.Now)
		if err != nil {
			return noDesk(err)
		}
		e.Patience = o.Wait
		for {
			var p *erase.Proof
			if o.DryRun {
				p, err = e.DryRun(ctx, o.request)
			} else {
				p, err = e.Run(ctx, o.request)
			}
			if p != nil {
				if printErr := o.print(cmd.OutOrStdout(), p); printErr != nil && err == nil {
					err = printErr
				}
			}
			if err != nil || o.DryRun || !p.More {
				return err
			}
		}
	})
}

func (o *eraseOptions) print(out io.Writer, p *erase.Proof) error {
	if o.JSON {
		return json.NewEncoder(out).Encode(p)
	}
	if p.Total() == 0 {
		_, err := fmt.Fprintf(out, "nothing is kept of %s\n", view.OneLine(p.Target))
		return err
	}
	fmt.Fprintf(out, "erasure %s of %s: %d articles\n", view.OneLine(p.ID), view.OneLine(p.Target), len(p.URIs))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	now := "is there now"
	if p.DryRun {
		now = "stays for now"
	}
	fmt.Fprintf(w, "store\twas there\t%s\t\n", now)
	for _, s := range p.Stores {
		fmt.Fprintf(w, "%s\t%d\t%d\t\n", s.Name, s.Found, s.Left)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, at := range p.Kept {
		fmt.Fprintf(out, "kept: the file %s %d holds other articles, and the erased one among them (--whole-file takes it along)\n", at.Stream, at.Seq)
	}
	for _, uri := range p.Copies {
		fmt.Fprintf(out, "kept: %s repeats it (--copies takes it along)\n", view.OneLine(uri))
	}
	if p.More {
		fmt.Fprintln(out, "there is more: it goes in parts")
	}
	if p.DryRun {
		_, err := fmt.Fprintln(out, "nothing was changed")
		return err
	}
	_, err := fmt.Fprintf(out, "%d files and texts are kept from coming back\n", p.Blocked)
	return err
}
