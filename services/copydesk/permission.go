package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/bus"
)

// explain adds the server's refusal to an error that looks like silence: what a NATS user
// may not do is not answered, and the reason comes beside it.
func explain(nc *nats.Conn, err error) error {
	refused := nc.LastError()
	if err == nil || !errors.Is(refused, nats.ErrPermissionViolation) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, bus.ErrNoAck) || errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("%w (this NATS user may not do that: %w; use one that may, with --nats-creds or --nats-token)", err, refused)
	}
	return err
}
