package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// HealthTimeout is how long CheckHealth waits, less than container platforms do by
// default.
const HealthTimeout = 3 * time.Second

// CheckHealth asks the process that listens on an address of this machine whether it
// is ready, and returns why it is not. An address that means every interface is asked
// on localhost. Images without a shell have nothing else to ask with.
func CheckHealth(ctx context.Context, listen string) error {
	url, err := readyURL(listen)
	if err != nil {
		return Usage(err)
	}
	ctx, cancel := context.WithTimeout(ctx, HealthTimeout)
	defer cancel()
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

// readyURL returns where to ask a process that listens on an address.
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
