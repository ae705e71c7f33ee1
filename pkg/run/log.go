package run

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/copydesk/copydesk/pkg/trace"
)

// NewLogger returns a logger that writes text or json lines to w from a level up. A line
// that is written within a span has its trace_id and span_id.
// Empty strings mean text and info. An unknown name is a usage error.
func NewLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var o slog.HandlerOptions
	switch level {
	case "", "info":
		o.Level = slog.LevelInfo
	case "debug":
		o.Level = slog.LevelDebug
	case "warn":
		o.Level = slog.LevelWarn
	case "error":
		o.Level = slog.LevelError
	default:
		return nil, Usage(fmt.Errorf("log level %q: want debug, info, warn or error", level))
	}
	switch format {
	case "", "text":
		return slog.New(trace.LogHandler(slog.NewTextHandler(w, &o))), nil
	case "json":
		return slog.New(trace.LogHandler(slog.NewJSONHandler(w, &o))), nil
	}
	return nil, Usage(fmt.Errorf("log format %q: want text or json", format))
}
