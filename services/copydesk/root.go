package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/view"
)

// streams are what a command reads and writes. Data goes to stdout, everything
// said to the person at the keyboard to stderr.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, s streams, environ func() []string) int {
	started := false // whether the command's own code was reached
	root := rootCommand(environ, &started)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return run.ExitOK
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(s.err, "copydesk: interrupted")
		return run.ExitCode(err)
	}
	// A file name may have line breaks: what follows one must not look like a line of ours.
	fmt.Fprintln(s.err, "copydesk:", strings.ReplaceAll(view.Terminal(err.Error()), "\n", "\n  "))
	if started {
		return run.ExitCode(err)
	}
	fmt.Fprintf(s.err, "Run '%s --help' for how to use it.\n", cmd.CommandPath())
	return run.ExitUsage
}

func rootCommand(environ func() []string, started *bool) *cobra.Command {
	o := &rootOptions{}
	root := &cobra.Command{
		Use:   "copydesk",
		Short: "Turn dropped news files into clean, tagged, summarised articles",
		Long: `copydesk takes any article file dropped into an inbox, makes a clean article of it,
decides whether it is new, tags who, what and where, writes a summary whose every
sentence points back into the source, and publishes one enriched record.

  copydesk up                 start everything, in this process
  copydesk drop FILE…         give it articles
  copydesk tap                follow what comes out`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return configure(cmd, environ)
		},
	}
	o.flags(root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: groupMain, Title: "The desk:"}, &cobra.Group{ID: groupMore, Title: "Around it:"})
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	root.AddCommand(
		inGroup(groupMain, dropCommand()),
		inGroup(groupMain, tapCommand()),
		inGroup(groupMain, getCommand()),
		inGroup(groupMain, rawCommand()),
		inGroup(groupMain, upCommand()),
		inGroup(groupMain, processCommand()),
		inGroup(groupMain, statusCommand()),
		inGroup(groupMain, topCommand(environ)),
		inGroup(groupMain, deadCommand()),
		inGroup(groupMain, traceCommand()),
		inGroup(groupMain, doctorCommand()),
		inGroup(groupMain, overrideCommand()),
		inGroup(groupMain, replayCommand()),
		inGroup(groupMain, eraseCommand()),
		inGroup(groupMain, workerCommand()),
		inGroup(groupMore, provisionCommand()),
		inGroup(groupMore, secureCommand()),
		inGroup(groupMore, benchCommand()),
		inGroup(groupMore, evalCommand()),
		inGroup(groupMore, healthcheckCommand()),
		inGroup(groupMore, schemaCommand()),
		inGroup(groupMore, manCommand()),
		inGroup(groupMore, versionCommand()),
		exitCodesTopic(),
		configurationTopic(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	mark(root, started)
	return root
}

const (
	groupMain = "main"
	groupMore = "more"
)

func inGroup(id string, c *cobra.Command) *cobra.Command {
	c.GroupID = id
	return c
}

// rootOptions are the flags every command has.
type rootOptions struct {
	LogFormat string
	LogLevel  string
	Config    string
}

// mark notes that a command's own code was reached: an error before that is one of
// usage.
func mark(c *cobra.Command, started *bool) {
	if f := c.RunE; f != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return f(cmd, args)
		}
	}
	for _, sub := range c.Commands() {
		mark(sub, started)
	}
}
