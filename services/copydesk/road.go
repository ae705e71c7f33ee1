package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/run"
)

// roadFlags are the flags of commands that run stages: how the streams are laid
// out. They must be the same for every process on one server.
func roadFlags(f *pflag.FlagSet, s *bus.Settings) {
	f.Var(&profileValue{&s.Profile}, "profile", "durability: fast, or durable to survive a power cut too")
	f.IntVar(&s.Replicas, "replicas", 1, "copies of each stream in a cluster")
	f.Int64Var(&s.Store, "store", 10<<30, "cap on all streams together, in bytes")
	f.DurationVar(&s.InboxAge, "keep-inbox", 0, "how long finished files are kept (default 168h)")
	f.DurationVar(&s.HopAge, "keep-hops", 0, "how long finished messages between stages are kept (default 24h)")
	f.DurationVar(&s.DedupeWindow, "dedupe-window", 0, "how long an article is remembered to find its copies (default 72h)")
	f.DurationVar(&s.OutputAge, "keep-output", 0, "how long records are kept (default 720h)")
}

// profileValue is a flag for a bus.Profile.
type profileValue struct{ p *bus.Profile }

func (v *profileValue) String() string {
	if v.p == nil || *v.p == "" {
		return string(bus.Fast)
	}
	return string(*v.p)
}

func (v *profileValue) Set(s string) error {
	switch p := bus.Profile(s); p {
	case bus.Fast, bus.Durable:
		*v.p = p
		return nil
	}
	return fmt.Errorf("want %s or %s", bus.Fast, bus.Durable)
}

func (v *profileValue) Type() string { return "profile" }

// processFlags are the flags of commands that run until they are stopped.
func processFlags(f *pflag.FlagSet, o *run.Options, listen string) {
	f.StringVar(&o.Listen, "listen", listen, "serve HTTP on this `address`; empty for none")
	f.DurationVar(&o.Grace, "grace", run.DefaultGrace, "how long stopping may take")
}
