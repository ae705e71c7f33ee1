package natsembed

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

// Cluster is a server's place among others. The servers of a cluster share streams
// with replicas; copydesk's tests start one on loopback. Routes carry no password, so
// Listen must be loopback.
type Cluster struct {
	// Name is the cluster's, Node this server's in it. Both are required, and Node must
	// stay the same over restarts.
	Name, Node string
	// Listen is the host:port for the other servers. Required, on loopback.
	Listen string
	// Routes are the host:port of every other server.
	Routes []string
	// Advertise is the host:port the others are told. Default Listen.
	Advertise string
}

func (c *Cluster) join(opts *server.Options) error {
	if c.Name == "" || c.Node == "" {
		return errors.New("join a NATS cluster: the cluster and the node need names")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("join a NATS cluster: listen for routes on %q: %w", c.Listen, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("join a NATS cluster: listen for routes on %q: routes have no password here; use 127.0.0.1", c.Listen)
	}
	opts.ServerName = c.Node
	opts.Cluster = server.ClusterOpts{
		Name: c.Name, Host: host, Advertise: c.Advertise,
		// Clients keep to the addresses they were given: whoever stands between them and
		// the server is not to be gone round.
		NoAdvertise: true,
	}
	if opts.Cluster.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("join a NATS cluster: listen for routes on %q: %w", c.Listen, err)
	}
	for _, r := range c.Routes {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: r})
	}
	return nil
}
