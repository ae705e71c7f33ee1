package run

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Options are what every process can be told. The zero value logs text at info
// to standard error and listens nowhere.
type Options struct {
	// Listen is the address of the HTTP server for /metrics, /livez and /readyz,
	// such as "127.0.0.1:9090". Empty means none.
	Listen string
	// LogFormat is "text" (the default) or "json".
	LogFormat string
	// LogLevel is "debug", "info" (the default), "warn" or "error".
	LogLevel string
	// Grace is how long the process may take to stop, DefaultGrace if zero.
	Grace time.Duration

	// Injected dependencies.

	// Stderr receives the log. The default is os.Stderr.
	Stderr io.Writer
	// Getenv looks for the variables by which OpenTelemetry is switched on. The default is
	// os.Getenv.
	Getenv func(string) string
	// After is time.After, for tests.
	After func(time.Duration) <-chan time.Time
}

// DefaultGrace leaves room in the 30 s after which container platforms kill.
const DefaultGrace = 25 * time.Second

func (o Options) withDefaults() Options {
	if o.Grace <= 0 {
		o.Grace = DefaultGrace
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	return o
}

func (o Options) after(d time.Duration) <-chan time.Time {
	if o.After != nil {
		return o.After(d)
	}
	return time.After(d)
}

func (o *Options) flags(f *flag.FlagSet) {
	f.StringVar(&o.Listen, "listen", "", "serve /metrics, /livez and /readyz on this `address`, such as 127.0.0.1:9090")
	f.StringVar(&o.LogFormat, "log-format", "text", "log as text or json")
	f.StringVar(&o.LogLevel, "log-level", "info", "log from this level: debug, info, warn or error")
	f.DurationVar(&o.Grace, "grace", DefaultGrace, "how long stopping may take")
}

// LookupEnv is the signature of os.LookupEnv.
type LookupEnv func(string) (string, bool)

// EnvName returns the environment variable of a flag: COPYDESK_NATS_URL for
// nats-url.
func EnvName(flag string) string {
	return "COPYDESK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Secret reports whether a flag's value is a secret, by its name. A secret is not taken
// from the arguments, which everybody on the machine can read in the list of processes.
func Secret(flag string) bool { return strings.HasSuffix(flag, "-token") }

// ErrSecret is the error for a secret among the arguments.
func ErrSecret(flag string) error {
	return fmt.Errorf("--%s: everybody on this machine can read arguments; set %s or use --%s-file", flag, EnvName(flag), flag)
}

// parse sets flags from the arguments and those that were not given from the
// environment.
func parse(flags *flag.FlagSet, args []string, env LookupEnv) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	given := map[string]bool{}
	var err error
	flags.Visit(func(f *flag.Flag) {
		given[f.Name] = true
		if Secret(f.Name) {
			err = ErrSecret(f.Name)
		}
	})
	flags.VisitAll(func(f *flag.Flag) {
		value, ok := env(EnvName(f.Name))
		if !ok || given[f.Name] || err != nil {
			return
		}
		if e := flags.Set(f.Name, value); e != nil {
			if Secret(f.Name) {
				value = "…"
			}
			err = fmt.Errorf("%s=%q: %w", EnvName(f.Name), value, e)
		}
	})
	return err
}
