package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	headerTimeout = 5 * time.Second // against clients that never finish a request line
	idleTimeout   = 2 * time.Minute
	closeTimeout  = 3 * time.Second // for requests in flight when the process ends
)

// Server is a process's HTTP server:
//
//	/metrics  the registry, for Prometheus
//	/livez    200 while the process runs
//	/readyz   200 while it can work, else 503 and why
//
// It is safe for concurrent use.
type Server struct {
	mux  *http.ServeMux
	srv  *http.Server
	addr net.Addr // nil when nothing listens
	done chan struct{}

	mu     sync.Mutex
	ready  func() error
	detail func() string
	over   bool
}

// newServer listens on address, so that an address which is taken is an error at
// once, and serves. With an empty address it only collects handlers.
func newServer(address string, reg *prometheus.Registry, log *slog.Logger) (*Server, error) {
	s := &Server{
		mux:   http.NewServeMux(),
		done:  make(chan struct{}),
		ready: func() error { return errStarting },

		detail: func() string { return "" },
	}
	s.mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{Registry: reg, EnableOpenMetrics: true}))
	s.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	s.mux.HandleFunc("GET /readyz", s.readyz)
	if address == "" {
		close(s.done)
		return s, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve HTTP: %w", err)
	}
	s.addr = l.Addr()
	s.srv = &http.Server{
		Handler:           s.mux,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		defer close(s.done)
		if err := s.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("HTTP server ended", "err", err)
		}
	}()
	log.Info("serving HTTP", "addr", s.addr.String())
	return s, nil
}

// Addr is where the server listens, nil if it does not.
func (s *Server) Addr() net.Addr { return s.addr }

// Handle adds a handler, by the patterns of http.ServeMux.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// SetReady gives /readyz the function that says why the process cannot work, nil
// when it can. Until it is called the process is starting, which is not ready.
func (s *Server) SetReady(ready func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = ready
}

// SetDetail gives /readyz the function whose words it adds, on a line of their own, when
// the process is ready: such as whether it works or stands by.
func (s *Server) SetDetail(detail func() string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detail = detail
}

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
)

// Ready reports why the process cannot work, nil when it can.
func (s *Server) Ready() error {
	s.mu.Lock()
	ready, over := s.ready, s.over
	s.mu.Unlock()
	if over {
		return errStopping
	}
	return ready()
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if err := s.Ready(); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	s.mu.Lock()
	detail := s.detail()
	s.mu.Unlock()
	if detail != "" {
		detail += "\n"
	}
	_, _ = io.WriteString(w, "ok\n"+detail)
}

func (s *Server) stopping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

func (s *Server) close(log *slog.Logger) {
	if s.srv == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := s.srv.Shutdown(ctx); err != nil {
		log.Warn("HTTP requests cut off", "err", err)
		_ = s.srv.Close()
	}
	<-s.done
}
