package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/entity"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// entityTypes are the words after --type.
var entityTypes = []string{string(article.Person), string(article.Organisation), string(article.Place), string(article.Other)}

// overrideEntityOptions are the flags of override set entity.
type overrideEntityOptions struct {
	nats   connection
	Reason string
	By     string
	JSON   bool

	Type    string
	Source  string
	AnyCase bool
	Kind    string
	Country string
	At      string
	Aliases []string
}

func overrideEntityCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "entity deny|alias|merge|new …",
		Short: "Say what a name means, or that it means nothing",
		Long: `Say what a name means, or that it means nothing. It holds for the articles that are
tagged from then on, in every process; they carry the revision of these overrides in
entities_overrides_rev. Setting one again, about the same name or entity, replaces it.

A name is compared by its words without diacritics and doubled letters, as a whole: the
longest name at a place wins, and of two of one length the desk's. Of overrides that
contradict each other a deny comes first, then an alias for one type, then an alias, then
a name of a new entity; merges come last, over whatever the others lead to. What cannot
hold is refused here, and listed with its reason by override ls.

An entity is named by its id in the record: wd:Q307871, name:person:ilse-brandt.`,
		Example: `  copydesk override set entity deny "Crown Prince" --reason "a title"
  copydesk override set entity alias "the Iron Docker" name:person:ilse-brandt --reason "her nickname"
  copydesk override set entity merge name:person:ilse-brand name:person:ilse-brandt --reason "misspelt in April"
  copydesk override set entity new name:place:port-quill "Port Quill" --type place --country NO --at 59.5,10.7 \
    --alias "Quill Harbour" --reason "opened in May"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return run.Usage(fmt.Errorf("override set entity: %q is none of deny, alias, merge and new", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(entityDenyCommand(), entityAliasCommand(), entityMergeCommand(), entityNewCommand())
	return cmd
}

// finish gives a subcommand its common flags and what it does.
func (o *overrideEntityOptions) finish(cmd *cobra.Command, want string, n int, read func(args []string) entity.Override) *cobra.Command {
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return errors.New("want " + want)
		}
		return nil
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.run(cmd, read(args)) }
	f := cmd.Flags()
	o.nats.flags(f)
	f.StringVar(&o.Reason, "reason", "", "why, for those who read it later")
	f.StringVar(&o.By, "by", "", "who says so (default: the user)")
	f.BoolVar(&o.JSON, "json", false, "print the override as JSON")
	return cmd
}

func (o *overrideEntityOptions) typeFlag(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&o.Type, "type", "", usage)
	complete := cobra.FixedCompletions(entityTypes, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc("type", complete); err != nil {
		panic(err) // the flag is declared above
	}
}

func entityDenyCommand() *cobra.Command {
	o := &overrideEntityOptions{}
	cmd := &cobra.Command{
		Use:   "deny NAME",
		Short: "Say that a name is no entity",
		Long: `Say that a name is no entity. Names it is a part of are not touched. Where nothing but
this name made an entity, as a full name does of the surnames that follow it, all of it
goes.`,
		Example: `  copydesk override set entity deny Ticker --source marketwire --type organisation --reason "their menu"`,
	}
	o.finish(cmd, "a name", 1, func(args []string) entity.Override {
		return entity.Override{Act: entity.Deny, Name: args[0], Type: article.EntityType(o.Type), Source: o.Source}
	})
	o.typeFlag(cmd, "only where it is found to be of this `type`: person, organisation, place or other")
	cmd.Flags().StringVar(&o.Source, "source", "", "only in the articles of this `source`")
	return cmd
}

func entityAliasCommand() *cobra.Command {
	o := &overrideEntityOptions{}
	cmd := &cobra.Command{
		Use:   "alias NAME ID",
		Short: "Say that a spelling means an entity",
		Long: `Say that a spelling means an entity. It is found in the text with the capitals it has
here, whether or not it would be without; with --any-case in any. With --type it counts
only where the name is found anyway, as of that type.

An id wd:Q… must be in the knowledge base, or entered with override set entity new.`,
		Example: `  copydesk override set entity alias "the Hammer" wd:Q20 --reason "what their fans say"`,
	}
	o.finish(cmd, "a name and the id it means", 2, func(args []string) entity.Override {
		return entity.Override{Act: entity.Alias, Name: args[0], ID: args[1], Type: article.EntityType(o.Type), AnyCase: o.AnyCase}
	})
	o.typeFlag(cmd, "only where it is found to be of this `type`: person, organisation, place or other")
	cmd.Flags().BoolVar(&o.AnyCase, "any-case", false, "find it however it is capitalised")
	return cmd
}

func entityMergeCommand() *cobra.Command {
	o := &overrideEntityOptions{}
	cmd := &cobra.Command{
		Use:     "merge ID INTO",
		Short:   "Say that one entity is another from now on",
		Long:    `Say that one entity is another from now on. Merges are followed to their end.`,
		Example: `  copydesk override set entity merge name:person:ilse-brandt wd:Q424242 --reason "she has an entry now"`,
	}
	return o.finish(cmd, "two ids", 2, func(args []string) entity.Override {
		return entity.Override{Act: entity.Merge, ID: args[0], Into: args[1]}
	})
}

func entityNewCommand() *cobra.Command {
	o := &overrideEntityOptions{}
	var point *entity.Point
	cmd := &cobra.Command{
		Use:   "new ID NAME --type TYPE",
		Short: "Enter an entity",
		Long: `Enter an entity, or say better what a known one is. It is found by its name and its
--alias names with the capitals they have here, or with --any-case in any. Its Wikidata
id is that of its id wd:Q…; one without is entered as name:<type>:<name-in-lower-case>.`,
		Example: `  copydesk override set entity new wd:Q424242 "Ilse Brandt" --type person --kind politician --country NO --alias "Ilse B. Brandt"`,
		PreRunE: func(*cobra.Command, []string) error {
			if o.Type == "" {
				return run.Usage(errors.New("override: a new entity needs --type"))
			}
			if o.At == "" {
				return nil
			}
			var err error
			if point, err = parsePoint(o.At); err != nil {
				return run.Usage(err)
			}
			return nil
		},
	}
	o.finish(cmd, "an id and a name", 2, func(args []string) entity.Override {
		return entity.Override{
			Act: entity.New, ID: args[0], Name: args[1], Type: article.EntityType(o.Type), Kind: o.Kind, Country: o.Country,
			Geo: point, Aliases: o.Aliases, AnyCase: o.AnyCase,
		}
	})
	o.typeFlag(cmd, "its `type`: person, organisation, place or other")
	f := cmd.Flags()
	f.StringVar(&o.Kind, "kind", "", "what it is more exactly, a `word` such as city or party")
	f.StringVar(&o.Country, "country", "", "its country, as the `code` of two capitals of ISO 3166")
	f.StringVar(&o.At, "at", "", "its position, `LAT,LON` in degrees")
	f.StringArrayVar(&o.Aliases, "alias", nil, "another `name` of it; may be given again")
	f.BoolVar(&o.AnyCase, "any-case", false, "find its names however they are capitalised")
	return cmd
}

func parsePoint(s string) (*entity.Point, error) {
	lat, lon, ok := strings.Cut(s, ",")
	p := &entity.Point{}
	var err1, err2 error
	p.Lat, err1 = strconv.ParseFloat(strings.TrimSpace(lat), 64)
	p.Lon, err2 = strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if !ok || err1 != nil || err2 != nil {
		return nil, fmt.Errorf("override: --at %q: want two numbers, LAT,LON", s)
	}
	return p, nil
}

func (o *overrideEntityOptions) run(cmd *cobra.Command, v entity.Override) error {
	e := desk.EntityOverride{Override: v, Reason: o.Reason, By: sayer(o.By), At: time.Now().UTC().Truncate(time.Second)}
	key, err := e.Key()
	if err != nil {
		return run.Usage(fmt.Errorf("override: %s", strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return o.nats.withClient(cmd, func(ctx context.Context, c *client) error {
		kv, err := overridesBucket(ctx, c)
		if err != nil {
			return err
		}
		broken, err := wouldHold(ctx, kv, key, e)
		if err != nil {
			return err
		}
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		revision, err := kv.Put(ctx, key, b)
		if err != nil {
			return fmt.Errorf("override: %w", err)
		}
		for _, p := range broken {
			fmt.Fprintf(cmd.ErrOrStderr(), "copydesk: %s no longer holds: %s\n", view.OneLine(p.Key), view.OneLine(p.Reason))
		}
		if o.JSON {
			return json.NewEncoder(view.JSONWriter(cmd.OutOrStdout())).Encode(override{Key: key, Kind: "entity", Revision: revision, Entity: &e})
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
		return err
	})
}

// wouldHold reports why an override cannot hold beside those that are there, and which of
// those it keeps from holding.
func wouldHold(ctx context.Context, kv jetstream.KeyValue, key string, e desk.EntityOverride) ([]entity.Problem, error) {
	list, err := listOverrides(ctx, kv)
	if err != nil {
		return nil, err
	}
	all := entityOverridesOf(list)
	_, before := entity.NewOverrides("", all)
	all[key] = e.Override
	if len(all) > entity.MaxOverrides {
		return nil, fmt.Errorf("override: there are %d overrides about entities, as many as there can be", entity.MaxOverrides)
	}
	_, after := entity.NewOverrides("", all)
	var broken []entity.Problem
	for _, p := range after {
		if p.Key == key {
			return nil, fmt.Errorf("override: %s", p.Reason)
		}
		if !slices.Contains(before, p) {
			broken = append(broken, p)
		}
	}
	return broken, nil
}

// entityOverridesOf are the overrides about entities among all that can be read.
func entityOverridesOf(list []override) map[string]entity.Override {
	all := map[string]entity.Override{}
	for _, o := range list {
		if o.Entity != nil {
			all[o.Key] = o.Entity.Override
		}
	}
	return all
}

// describeEntity is an override about an entity in a line.
func describeEntity(e *desk.EntityOverride) string {
	words := []string{}
	switch e.Act {
	case entity.Deny:
		words = append(words, strconv.Quote(e.Name))
	case entity.Alias:
		words = append(words, strconv.Quote(e.Name), e.ID)
	case entity.Merge:
		words = append(words, e.ID, e.Into)
	case entity.New:
		words = append(words, e.ID, strconv.Quote(e.Name))
		for _, a := range e.Aliases {
			words = append(words, strconv.Quote(a))
		}
	}
	if e.Type != "" {
		words = append(words, string(e.Type))
	}
	for _, w := range []string{e.Kind, e.Country} {
		if w != "" {
			words = append(words, w)
		}
	}
	if e.Geo != nil {
		words = append(words, fmt.Sprintf("%g,%g", e.Geo.Lat, e.Geo.Lon))
	}
	if e.Source != "" {
		words = append(words, "in "+e.Source)
	}
	if e.AnyCase {
		words = append(words, "in any case")
	}
	return strings.Join(words, " ")
}
