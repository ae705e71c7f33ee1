package main

import (
	"flag"

	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

// roadFlags are the flags of commands that run stages, the same as of the separate
// workers.
func roadFlags(f *pflag.FlagSet, s *bus.Settings) {
	std := flag.NewFlagSet("", flag.ContinueOnError)
	desk.SettingsFlags(std, s)
	f.AddGoFlagSet(std)
}

// learningFlags are those about learnt boilerplate.
func learningFlags(f *pflag.FlagSet, l *desk.Learning) {
	std := flag.NewFlagSet("", flag.ContinueOnError)
	desk.LearningFlags(std, l)
	f.AddGoFlagSet(std)
}

// sourceFlags are those about the sources that metrics tell apart.
func sourceFlags(f *pflag.FlagSet, sources *[]string) {
	f.StringSliceVar(sources, "source-labels", nil, "`sources` that metrics tell apart; all others are \"other\"")
}

// processFlags are the flags of commands that run until they are stopped.
func processFlags(f *pflag.FlagSet, o *run.Options, listen string) {
	f.StringVar(&o.Listen, "listen", listen, "serve HTTP on this `address`; empty for none")
	f.DurationVar(&o.Grace, "grace", run.DefaultGrace, "how long stopping may take")
}
