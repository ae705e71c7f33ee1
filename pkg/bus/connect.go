package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// Dialer opens a connection under a name the server shows. Each stage has its own,
// so that one slow reader does not hold up another.
type Dialer func(name string) (*nats.Conn, error)

// Dial returns a Dialer for the servers of a NATS URL. Connections come back by
// themselves for as long as the process lives.
func Dial(url string, id Identity, logger *slog.Logger) Dialer {
	return func(name string) (*nats.Conn, error) {
		who, err := id.Options(name)
		if err != nil {
			return nil, err
		}
		nc, err := nats.Connect(url, append(Options(name, logger), who...)...)
		switch {
		case errors.Is(err, nats.ErrAuthorization):
			return nil, fmt.Errorf("connect to NATS at %s: %w (the server does not know this user)", publicURL(url), err)
		case err != nil:
			return nil, fmt.Errorf("connect to NATS at %s: %w (is a server running there? `copydesk up` brings its own)", publicURL(url), err)
		}
		return nc, nil
	}
}

// pingInterval and pingsLost bound how long a connection to a server that fell silent, its
// cable pulled, is believed in: half a minute. The client's default is 6 minutes.
const (
	pingInterval = 10 * time.Second
	pingsLost    = 2
)

// Options are the connection options every copydesk process uses.
func Options(name string, logger *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name("copydesk-" + name),
		nats.MaxReconnects(-1),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsLost),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 500*time.Millisecond),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				logger.Warn("nats disconnected", "connection", name, "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { logger.Info("nats reconnected", "connection", name) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			logger.Warn("nats reported an error", "connection", name, "err", err)
		}),
	}
}
