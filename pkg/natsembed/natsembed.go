// Package natsembed runs a NATS server with JetStream inside the process: the
// zero-service default of copydesk. Only services/copydesk and tests import it, so
// that the separate workers do not carry a server.
package natsembed

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/bus"
)

// Options configure the server.
type Options struct {
	// Dir holds the streams. Required.
	Dir string
	// Profile decides when the server syncs: see bus.Profile.
	Profile bus.Profile
	// Store caps the bytes on disk; the streams' limits are shares of it. It must
	// be the Store of the bus settings. Default 10 GiB.
	Store int64
	// Listen is a host:port for other clients, such as the nats CLI. Empty opens no
	// port: clients are in this process only.
	Listen string
	// Token protects Listen. An address other than loopback refuses to start
	// without one.
	Token string
	// MaxPayload is the largest message. Default 1 MiB, as everywhere in NATS:
	// larger files go through the blob bucket.
	MaxPayload int32
	// Cluster joins this server to others. Nil: it stands alone.
	Cluster *Cluster
	Logger  *slog.Logger
}

// Server is a running server.
type Server struct {
	opts   *server.Options
	token  string
	logger *slog.Logger

	quit, watched chan struct{} // of watchStore
	once          sync.Once     // closes quit

	mu      sync.RWMutex
	srv     *server.Server
	trouble error
}

// readyTimeout is far above the 5 to 85 ms a start takes, but a store of many
// gigabytes is read first.
const readyTimeout = time.Minute

// headroom is what the server's own cap has above the streams' shares.
const headroom = 256 << 20

// Start starts a server and returns when it takes connections. Shut it down.
func Start(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("start embedded NATS: no directory given")
	}
	if o.Store == 0 {
		o.Store = 10 << 30
	}
	if o.MaxPayload == 0 {
		o.MaxPayload = 1 << 20
	}
	opts := &server.Options{
		ServerName:             "copydesk",
		StoreDir:               o.Dir,
		JetStream:              true,
		JetStreamMaxStore:      o.Store + headroom,
		JetStreamMaxMemory:     256 << 20, // scans and pulls keep small consumers in memory
		MaxPayload:             o.MaxPayload,
		SyncInterval:           time.Second,
		SyncAlways:             o.Profile == bus.Durable,
		DontListen:             o.Listen == "",
		NoSigs:                 true, // signals are pkg/run's
		DisableJetStreamBanner: true,
		// The reader of a pipe in the same process is never slow for long: it shares
		// our processor.
		WriteDeadline: 30 * time.Second,
	}
	if o.Listen != "" {
		if err := listen(opts, o.Listen, o.Token); err != nil {
			return nil, err
		}
	}
	if o.Cluster != nil {
		if err := o.Cluster.join(opts); err != nil {
			return nil, err
		}
	}
	srv, err := launch(opts, o.Logger)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, srv: srv, token: o.Token, logger: o.Logger, quit: make(chan struct{}), watched: make(chan struct{})}
	if o.Cluster != nil {
		close(s.watched) // the others carry on, and one that is started again reads from them
		return s, nil
	}
	go s.watchStore()
	return s, nil
}

// launch starts a server and waits until it takes connections.
func launch(opts *server.Options, logger *slog.Logger) (*server.Server, error) {
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start embedded NATS in %s: %w", opts.StoreDir, err)
	}
	srv.SetLoggerV2(serverLog{logger.With("component", "nats-server")}, false, false, false)
	srv.Start()
	if !srv.ReadyForConnections(readyTimeout) {
		srv.Shutdown()
		return nil, fmt.Errorf("start embedded NATS in %s: not ready after %s", opts.StoreDir, readyTimeout)
	}
	return srv, nil
}

// listen opens a port, and refuses one that strangers could use.
func listen(opts *server.Options, address, token string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen for NATS clients on %q: %w (write host:port, such as 127.0.0.1:4222)", address, err)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) && token == "" {
		return fmt.Errorf("listen for NATS clients on %q: anyone who reaches this address could read and write; set a token or use 127.0.0.1", address)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen for NATS clients on %q: %w", address, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host = host
	opts.CustomClientAuthentication = nil
	if token != "" {
		opts.CustomClientAuthentication = tokenAuth(token)
	}
	return nil
}

// tokenAuth lets in who knows the token. Connections of this process bring it too.
type tokenAuth string

// Check implements server.Authentication.
func (t tokenAuth) Check(c server.ClientAuthentication) bool {
	return subtle.ConstantTimeCompare([]byte(c.GetOpts().Token), []byte(t)) == 1
}

// Dial is a bus.Dialer over pipes inside the process.
func (s *Server) Dial(name string) (*nats.Conn, error) {
	opts := append(bus.Options(name, s.logger), nats.InProcessServer(s))
	if s.token != "" {
		opts = append(opts, nats.Token(s.token))
	}
	nc, err := nats.Connect("", opts...)
	if err != nil {
		return nil, fmt.Errorf("connect to embedded NATS: %w", err)
	}
	return nc, nil
}

// URL is where other clients connect, or "" when no port is open.
func (s *Server) URL() string {
	srv := s.running()
	if srv.Addr() == nil {
		return ""
	}
	return srv.ClientURL()
}

// Shutdown stops the server and returns when its store is on disk.
func (s *Server) Shutdown() {
	s.once.Do(func() { close(s.quit) })
	<-s.watched
	srv := s.running()
	srv.Shutdown()
	srv.WaitForShutdown()
}

// serverLog sends the server's log to slog. Its notices are chatty: debug here.
type serverLog struct{ l *slog.Logger }

func (s serverLog) Noticef(f string, v ...any) { s.l.Debug("notice", "text", fmt.Sprintf(f, v...)) }
func (s serverLog) Warnf(f string, v ...any)   { s.l.Warn("warning", "text", fmt.Sprintf(f, v...)) }
func (s serverLog) Errorf(f string, v ...any)  { s.l.Error("error", "text", fmt.Sprintf(f, v...)) }
func (s serverLog) Fatalf(f string, v ...any)  { s.l.Error("fatal", "text", fmt.Sprintf(f, v...)) }
func (s serverLog) Debugf(string, ...any)      {}
func (s serverLog) Tracef(string, ...any)      {}

// SlowConsumers is how many connections the server cut off because they did not read.
func (s *Server) SlowConsumers() int64 { return s.running().NumSlowConsumers() }
