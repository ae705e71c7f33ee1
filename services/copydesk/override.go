package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// overrideCommand is "copydesk override": what the desk decides by hand.
func overrideCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "override",
		Short: "Decide by hand what copydesk gets wrong",
		Long: `Decide by hand what copydesk gets wrong. An override holds for everything that comes in
from then on, in every process, until it is removed; what is published stays as it is.
Each decision made under overrides carries their revision.

The word after set says what an override is about: dedupe is about two articles, entity
about a name or who and what bears it.`,
		Example: `  copydesk override set dedupe different URI URI --reason "two matches, one template"
  copydesk override set entity deny "Crown Prince" --reason "a title"
  copydesk override ls
  copydesk override rm KEY`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return run.Usage(fmt.Errorf("override: %q is none of ls, set and rm", args[0]))
			}
			return cmd.Help()
		},
	}
	set := &cobra.Command{
		Use:   "set KIND …",
		Short: "Set an override",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return run.Usage(fmt.Errorf("override set: there are no overrides about %q: want dedupe or entity", args[0]))
			}
			return cmd.Help()
		},
	}
	set.AddCommand(overrideDedupeCommand(), overrideEntityCommand())
	cmd.AddCommand(overrideListCommand(), set, overrideRemoveCommand())
	return cmd
}

// override is one override as it is listed. Those about something this version does not
// know are listed with their value alone.
type override struct {
	Key      string               `json:"key"`
	Kind     string               `json:"kind"`
	Revision uint64               `json:"revision"`
	Pair     *desk.PairOverride   `json:"dedupe,omitempty"`
	Entity   *desk.EntityOverride `json:"entity,omitempty"`
	Value    json.RawMessage      `json:"value,omitempty"`
	// Problem says why it does not hold, or not wholly.
	Problem string `json:"problem,omitempty"`
}

func overrideOf(e jetstream.KeyValueEntry) override {
	kind, _, _ := strings.Cut(e.Key(), ".")
	o := override{Key: e.Key(), Kind: kind, Revision: e.Revision()}
	pair, isPair, err := desk.ParsePairOverride(e.Key(), e.Value())
	about, isEntity, entityErr := desk.ParseEntityOverride(e.Key(), e.Value())
	switch err = errors.Join(err, entityErr); {
	case err != nil:
		o.Problem = strings.ReplaceAll(err.Error(), "\n", "; ")
	case isPair:
		o.Pair = &pair
		return o
	case isEntity:
		o.Entity = &about
		return o
	}
	if json.Valid(e.Value()) {
		o.Value = e.Value()
	}
	return o
}

// overridesBucket opens the bucket.
func overridesBucket(ctx context.Context, c *client) (jetstream.KeyValue, error) {
	kv, err := c.js.KeyValue(ctx, bus.BucketOverrides)
	if err != nil {
		return nil, noDesk(fmt.Errorf("open bucket %s: %w", bus.BucketOverrides, err))
	}
	return kv, nil
}

// listOverrides returns all of them, by key.
func listOverrides(ctx context.Context, kv jetstream.KeyValue) ([]override, error) {
	w, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read overrides: %w", err)
	}
	defer w.Stop() //nolint:errcheck // the connection closes next
	list := []override{}
	for {
		select {
		case e, ok := <-w.Updates():
			if !ok {
				return nil, errors.New("read overrides: the connection is gone")
			}
			if e == nil {
				slices.SortFunc(list, func(a, b override) int { return strings.Compare(a.Key, b.Key) })
				return list, nil
			}
			list = append(list, overrideOf(e))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func overrideListCommand() *cobra.Command {
	var (
		nats   connection
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the overrides",
		Long: `List the overrides, by key. With --json, one object a line. One that does not hold,
because it cannot be read or another one stands against it, has its problem beside it.`,
		Example: `  copydesk override ls --json | jq -r .key`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				kv, err := overridesBucket(ctx, c)
				if err != nil {
					return err
				}
				list, err := listOverrides(ctx, kv)
				if err != nil {
					return err
				}
				noteProblems(list)
				if asJSON {
					enc := json.NewEncoder(view.JSONWriter(cmd.OutOrStdout()))
					for _, o := range list {
						if err := enc.Encode(o); err != nil {
							return err
						}
					}
					return nil
				}
				return printOverrides(cmd.OutOrStdout(), list)
			})
		},
	}
	nats.flags(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return cmd
}

// noteProblems writes beside each override about entities what keeps it from holding.
func noteProblems(list []override) {
	_, problems := entity.NewOverrides("", entityOverridesOf(list))
	for _, p := range problems {
		i, _ := slices.BinarySearchFunc(list, p.Key, func(o override, key string) int { return strings.Compare(o.Key, key) })
		if list[i].Problem != "" {
			list[i].Problem += "; "
		}
		list[i].Problem += p.Reason
	}
}

func printOverrides(out io.Writer, list []override) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	problems := slices.ContainsFunc(list, func(o override) bool { return o.Problem != "" })
	line := func(columns ...string) {
		if !problems {
			columns = columns[:len(columns)-1]
		}
		for i := range columns {
			columns[i] = view.OneLine(columns[i])
		}
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	line("key", "says", "about", "by", "at", "reason", "problem")
	for _, o := range list {
		switch {
		case o.Pair != nil:
			p := o.Pair
			line(o.Key, string(p.Verdict), p.Articles[0].URI+" "+p.Articles[1].URI, p.By, p.At.Local().Format(time.DateTime), p.Reason, o.Problem)
		case o.Entity != nil:
			e := o.Entity
			line(o.Key, string(e.Act), describeEntity(e), e.By, e.At.Local().Format(time.DateTime), e.Reason, o.Problem)
		default:
			line(o.Key, "", string(o.Value), "", "", "", o.Problem)
		}
	}
	return w.Flush()
}

func overrideRemoveCommand() *cobra.Command {
	var nats connection
	cmd := &cobra.Command{
		Use:     "rm KEY…",
		Short:   "Remove overrides",
		Long:    `Remove overrides by the keys that ls prints. A key that is not there is an error.`,
		Example: `  copydesk override rm dedupe.0f3a5c7e9b1d2468.8642d1b9e7c5a3f0`,
		Args:    cobra.MinimumNArgs(1),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			var keys []string
			if err := cmd.Root().PersistentPreRunE(cmd, nil); err != nil { // completion leaves it out
				return nil, cobra.ShellCompDirectiveError
			}
			_ = nats.withClient(cmd, func(ctx context.Context, c *client) error { // without a server there is nothing to complete
				kv, err := overridesBucket(ctx, c)
				if err != nil {
					return err
				}
				list, err := listOverrides(ctx, kv)
				for _, o := range list {
					if strings.HasPrefix(o.Key, begun) {
						keys = append(keys, o.Key)
					}
				}
				return err
			})
			return keys, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, keys []string) error {
			return nats.withClient(cmd, func(ctx context.Context, c *client) error {
				kv, err := overridesBucket(ctx, c)
				if err != nil {
					return err
				}
				for _, key := range keys {
					e, err := kv.Get(ctx, key)
					if errors.Is(err, jetstream.ErrInvalidKey) {
						err = jetstream.ErrKeyNotFound
					}
					if err != nil {
						return fmt.Errorf("remove override %s: %w", key, err)
					}
					// A delete leaves a mark, so the set can still be read as it was.
					if err := kv.Delete(ctx, key, jetstream.LastRevision(e.Revision())); err != nil {
						return fmt.Errorf("remove override %s: %w", key, err)
					}
				}
				return nil
			})
		},
	}
	nats.flags(cmd.Flags())
	return cmd
}
