package run

import (
	"fmt"
	"io"
	"log/slog"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

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
		return slog.New(trace.LogHandler(slog.NewJSONHandler(escaping{w}, &o))), nil
	}
	return nil, Usage(fmt.Errorf("log format %q: want text or json", format))
}

// escaping writes lines of JSON with escapes for what is not printable: the text handler
// does so by itself, encoding/json leaves a terminal's 8-bit controls and the characters
// that turn text round as they are.
type escaping struct{ w io.Writer }

func (e escaping) Write(line []byte) (int, error) {
	out := make([]byte, 0, len(line)+16)
	for rest := line; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out = append(out, rest[:n]...)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		rest = rest[n:]
	}
	if _, err := e.w.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}
