package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand is "copydesk man": one manual page for all commands, written from
// their help.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Print the manual page",
		Long:  "Print the manual page, for: copydesk man > copydesk.1",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
