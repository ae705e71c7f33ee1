package run

import (
	"fmt"
	"io"
	"log/slog"
)

// NewLogger returns a logger that writes text or json lines to w from a level up.
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
		return slog.New(slog.NewTextHandler(w, &o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, &o)), nil
	}
	return nil, Usage(fmt.Errorf("log format %q: want text or json", format))
}
