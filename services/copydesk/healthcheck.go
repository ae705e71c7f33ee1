package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/run"
)

// defaultListen is where "copydesk up" serves HTTP and "copydesk healthcheck" asks.
const defaultListen = "127.0.0.1:8460"

// healthTimeout is what a container platform waits at least.
const healthTimeout = 3 * time.Second

// healthcheckCommand is "copydesk healthcheck": is the process on this machine
// ready? It stands in for curl in images that have no shell.
func healthcheckCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the process on this machine whether it is ready",
		Long: `Ask the process on this machine whether it is ready, for HEALTHCHECK in containers.
--listen is that process's own flag: in its container, COPYDESK_LISTEN serves both.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			url, err := readyURL(listen)
			if err != nil {
				return run.Usage(err)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			return ready(ctx, url)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "`address` the process serves HTTP on")
	return cmd
}

// readyURL returns where to ask a process that listens on an address: one that
// listens everywhere is asked on this machine.
func readyURL(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("listen %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/readyz", nil
}

func ready(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	why, err := io.ReadAll(io.LimitReader(res.Body, 1024))
	if err != nil {
		return fmt.Errorf("check health: %w", err)
	}
	return errors.New("not ready: " + strings.TrimSpace(string(why)))
}
