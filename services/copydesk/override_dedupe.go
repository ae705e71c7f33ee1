package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/dedupe"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// overrideDedupeOptions are the flags of override set dedupe.
type overrideDedupeOptions struct {
	nats    connection
	Reason  string
	By      string
	Release bool
	JSON    bool
}

func overrideDedupeCommand() *cobra.Command {
	var o overrideDedupeOptions
	verdicts := []string{string(desk.Same), string(desk.Different)}
	cmd := &cobra.Command{
		Use:   "dedupe same|different URI URI",
		Short: "Say that two articles are, or are not, the same",
		Long: `Say that two articles are the same, so that one is a copy of the other, or that they
are different, so that neither is. It holds for their words: for every further arrival
of either, whatever its source. Setting it again replaces it.

Either article may be named as get does, by its URI or its last 26 characters; a copy
that was stopped is found as well.

With --release, a copy that was stopped is dropped into its inbox again, to come out as
an article of its own. If its file holds several articles, the others come in once more,
too, and are found to be copies.`,
		Example: `  copydesk override set dedupe different k3w5q2zt7mbn4xv6pc2rhd5yla ad6pjm2p6d7yoh3xrxulkyvygi \
    --reason "two matches, one template" --release`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 3 || args[0] != verdicts[0] && args[0] != verdicts[1] {
				return errors.New("want same or different, and two articles")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return verdicts, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, desk.Verdict(args[0]), args[1:]) },
	}
	f := cmd.Flags()
	o.nats.flags(f)
	f.StringVar(&o.Reason, "reason", "", "why, for those who read it later")
	f.StringVar(&o.By, "by", "", "who says so (default: the user)")
	f.BoolVar(&o.Release, "release", false, "with different: drop the stopped copy into the inbox again")
	f.BoolVar(&o.JSON, "json", false, "print the override as JSON")
	return cmd
}

func (o *overrideDedupeOptions) run(cmd *cobra.Command, verdict desk.Verdict, names []string) error {
	if o.Release && verdict != desk.Different {
		return run.Usage(errors.New("override: --release goes with different only"))
	}
	refs := make([]reference, len(names))
	for i, name := range names {
		var err error
		if refs[i], err = parseReference(name); err != nil {
			return run.Usage(err)
		}
	}
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		p := desk.PairOverride{Verdict: verdict, Reason: o.Reason, By: sayer(o.By), At: time.Now().UTC().Truncate(time.Second)}
		places := make([]place, len(refs))
		for i, r := range refs {
			var err error
			if p.Articles[i], places[i], err = signed(ctx, c, r); err != nil {
				return err
			}
		}
		key, revision, err := o.put(ctx, c, p)
		if err != nil {
			return err
		}
		if o.JSON {
			err = json.NewEncoder(view.JSONWriter(cmd.OutOrStdout())).Encode(override{Key: key, Kind: "dedupe", Revision: revision, Pair: &p})
		} else {
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
		}
		if err != nil || !o.Release {
			return err
		}
		return release(ctx, cmd, c, refs, places)
	})
}

// sayer is who sets an override: who was named, or else the user.
func sayer(by string) string {
	if by != "" {
		return by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// put writes an override, unless its key is taken by other articles, whose words' hashes
// begin alike.
func (o *overrideDedupeOptions) put(ctx context.Context, c *client, p desk.PairOverride) (key string, revision uint64, err error) {
	if key, err = p.Key(); err != nil {
		return "", 0, fmt.Errorf("override: %w", err)
	}
	kv, err := overridesBucket(ctx, c)
	if err != nil {
		return "", 0, err
	}
	e, err := kv.Get(ctx, key)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", 0, fmt.Errorf("override: %w", err)
	}
	if err == nil {
		old, _, parseErr := desk.ParsePairOverride(key, e.Value())
		if parseErr == nil && !old.About(p) {
			return "", 0, fmt.Errorf("override: %s is about two other articles", key)
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		return "", 0, err
	}
	if revision, err = kv.Put(ctx, key, b); err != nil {
		return "", 0, fmt.Errorf("override: %w", err)
	}
	return key, revision, nil
}

// signed finds an article and names it by its words.
func signed(ctx context.Context, c *client, r reference) (n desk.Named, at place, err error) {
	if at, err = find(ctx, c.js, r); err != nil {
		return n, at, err
	}
	if at.stream == article.StreamDead {
		return n, at, fmt.Errorf("%s: this article died; dedupe knows nothing of it", r)
	}
	m, err := message(ctx, c.js, at.stream, at.seq)
	if err != nil {
		return n, at, err
	}
	a, _, err := whole(ctx, c, m.Data)
	if err != nil {
		return n, at, err
	}
	return desk.Named{Hash: dedupe.Sign(a).Hash, URI: a.URI}, at, nil
}

// overrideReaches is how long every dedupe has had to hear of an override before what it
// is for comes in: hearing takes milliseconds.
const overrideReaches = time.Second

// release drops the stopped ones among the articles again.
func release(ctx context.Context, cmd *cobra.Command, c *client, refs []reference, places []place) error {
	blobs, err := bus.OpenBlobs(ctx, c.js)
	if err != nil {
		return err
	}
	pub, err := bus.NewPublisher(c.nc, bus.PublisherOptions{})
	if err != nil {
		return err
	}
	defer pub.Close()
	inbox := bus.NewIntake(pub, blobs)
	released := 0
	for i, at := range places {
		if at.stream != article.StreamDuplicate {
			continue
		}
		f, err := fileOf(ctx, c, refs[i], at)
		if err != nil {
			return fmt.Errorf("release %s: %w", refs[i], err)
		}
		if released == 0 {
			select {
			case <-time.After(overrideReaches):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ack, err := inbox.Put(ctx, f)
		if err != nil {
			return fmt.Errorf("release %s: %w", refs[i], err)
		}
		released++
		fmt.Fprintf(cmd.ErrOrStderr(), "copydesk: released %s: dropped again as message %d of %s\n", view.OneLine(refs[i].String()), ack.Seq, ack.Stream)
	}
	if released == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "copydesk: neither article was stopped; nothing to release")
	}
	return nil
}
