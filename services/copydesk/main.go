// Command copydesk is the whole pipeline in one binary: an embedded NATS server,
// every stage, and the commands to feed it, follow it and look after it. Files are
// named for their command; root.go joins them.
package main

import (
	"context"
	"os"

	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
)

func main() { os.Exit(Main()) }

// Main runs the command line of the operating system and returns its exit code.
func Main() int {
	desk.ServeIsolated()
	ctx, stop := run.Signals(context.Background())
	defer stop()
	return execute(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}, os.Environ)
}
