package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/run"
)

// manCommand is "copydesk man": one manual page for all commands, written from
// their help.
func manCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "man",
		Short: "Print the manual page",
		Long: `Print the manual page, for: copydesk man > copydesk.1

With --json print each command with its flags and their environment variables, for
programs that check what starts copydesk.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(manual(cmd.Root()))
			}
			var p page
			p.line(`.TH COPYDESK 1 "" "" "copydesk"`)
			p.section("NAME")
			p.text("copydesk - " + cmd.Root().Short)
			p.section("SYNOPSIS")
			p.text("copydesk COMMAND [flags] [arguments]")
			p.section("DESCRIPTION")
			p.verbatim(cmd.Root().Long)
			p.section("FLAGS OF EVERY COMMAND")
			p.flags(cmd.Root().PersistentFlags())
			p.section("COMMANDS")
			p.commands(cmd.Root())
			_, err := cmd.OutOrStdout().Write(p.Bytes())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// entry is a command in the manual that programs read.
type entry struct {
	Command string      `json:"command"` // the words after copydesk
	Args    []string    `json:"args"`    // the only arguments it takes, if they are words of its own
	Flags   []entryFlag `json:"flags"`
}

type entryFlag struct {
	Name string `json:"name"`
	// Env is the environment variable, empty for a flag that only the command line has.
	Env     string `json:"env"`
	Default string `json:"default"`
	Usage   string `json:"usage"`
}

// manual lists a command and those below it.
func manual(c *cobra.Command) []entry {
	_, words, _ := strings.Cut(c.CommandPath(), " ")
	e := entry{Command: words, Args: append([]string{}, c.ValidArgs...), Flags: []entryFlag{}}
	seen := map[string]bool{}
	note := func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || seen[f.Name] {
			return
		}
		seen[f.Name] = true
		flag := entryFlag{Name: f.Name, Default: f.DefValue, Usage: f.Usage}
		if !slices.Contains(notConfigured, f.Name) || f.Name == "config" {
			flag.Env = run.EnvName(key(f))
		}
		e.Flags = append(e.Flags, flag)
	}
	c.LocalFlags().VisitAll(note)
	c.InheritedFlags().VisitAll(note)
	all := []entry{e}
	for _, sub := range c.Commands() {
		if !sub.Hidden && sub.Name() != "help" {
			all = append(all, manual(sub)...)
		}
	}
	return all
}

// page is a manual page in roff.
type page struct{ bytes.Buffer }

func (p *page) line(s string)       { fmt.Fprintln(p, s) }
func (p *page) section(name string) { p.line(`.SH "` + name + `"`) }

// text writes prose, with everything roff would act on taken out of it.
func (p *page) text(s string) {
	for l := range strings.SplitSeq(roff.Replace(s), "\n") {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			l = `\&` + l
		}
		p.line(l)
	}
}

var roff = strings.NewReplacer(`\`, `\e`, `-`, `\-`)

func (p *page) verbatim(s string) {
	p.line(".nf")
	p.text(s)
	p.line(".fi")
}

func (p *page) flags(f *pflag.FlagSet) {
	f.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		argument, usage := pflag.UnquoteUsage(f)
		p.line(".TP")
		p.text("--" + f.Name + " " + argument)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			usage += " (default " + f.DefValue + ")"
		}
		p.text(usage)
	})
}

// commands writes a command's subcommands and help topics, and theirs.
func (p *page) commands(c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" {
			continue
		}
		p.line(`.SS "` + strings.ReplaceAll(sub.UseLine(), `"`, "") + `"`)
		long := sub.Long
		if long == "" {
			long = sub.Short + "."
		}
		p.verbatim(long)
		p.flags(sub.LocalFlags())
		if sub.Name() != "completion" {
			p.commands(sub)
		}
	}
}
