package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/run"
)

func (o *rootOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Config, "config", "", "read flags from this YAML `file`")
	f.StringVar(&o.LogFormat, "log-format", "text", "log as text or json")
	f.StringVar(&o.LogLevel, "log-level", "info", "log from this level: debug, info, warn or error")
}

// keyAnnotation renames a flag outside the command line, where the name alone
// would mean different things to two commands.
const keyAnnotation = "copydesk_key"

// rename gives a flag another name in the environment and the configuration file.
func rename(f *pflag.FlagSet, flag, key string) {
	if err := f.SetAnnotation(flag, keyAnnotation, []string{key}); err != nil {
		panic(err) // no such flag: a mistake in the code
	}
}

// key is the name of a flag in the configuration file and, in capitals, in the
// environment.
func key(f *pflag.Flag) string {
	if a := f.Annotations[keyAnnotation]; len(a) > 0 {
		return a[0]
	}
	return f.Name
}

// notConfigured are flags that only make sense on the command line.
var notConfigured = []string{"help", "config"}

// configure gives a command's flags their values: the command line's, else the
// environment's, else the configuration file's, else the default.
func configure(cmd *cobra.Command, environ func() []string) error {
	vars := koanf.New(".")
	if err := vars.Load(env.Provider(".", env.Opt{Prefix: "COPYDESK_", EnvironFunc: environ, TransformFunc: fromEnv}), nil); err != nil {
		return fmt.Errorf("read the environment: %w", err)
	}
	path, _ := cmd.Flags().GetString("config")
	if path == "" {
		path = vars.String("config")
	}
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return fmt.Errorf("read configuration %s: %w", path, err)
		}
		if err := known(cmd.Root(), k, path); err != nil {
			return err
		}
	}
	if err := k.Merge(vars); err != nil {
		return fmt.Errorf("join configuration: %w", err)
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if run.Secret(f.Name) {
			err = run.ErrSecret(f.Name)
		}
	})
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if err != nil || f.Changed || !k.Exists(key(f)) || slices.Contains(notConfigured, f.Name) {
			return
		}
		if e := set(cmd.Flags(), f, k.Get(key(f))); e != nil {
			err = fmt.Errorf("%s, from %s: %w", key(f), origin(f, vars, path), e)
		}
	})
	return err
}

// fromEnv turns COPYDESK_NATS_URL into nats-url. An empty variable is as good as
// none.
func fromEnv(name, value string) (string, any) {
	if value == "" {
		return "", nil
	}
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "COPYDESK_")), "_", "-"), value
}

func origin(f *pflag.Flag, vars *koanf.Koanf, path string) string {
	if vars.Exists(key(f)) {
		return run.EnvName(key(f))
	}
	return path
}

// set gives a flag a value from the environment or the file. A list is a list in
// YAML and has commas in the environment.
func set(flags *pflag.FlagSet, f *pflag.Flag, value any) error {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return flags.Set(f.Name, fmt.Sprint(value))
	}
	var items []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			items = append(items, fmt.Sprint(item))
		}
	default:
		items = strings.Split(fmt.Sprint(v), ",")
	}
	f.Changed = true
	return list.Replace(items)
}

// known refuses a key that is no command's flag: it is a misspelling.
func known(root *cobra.Command, k *koanf.Koanf, path string) error {
	keys := map[string]bool{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		note := func(f *pflag.Flag) { keys[key(f)] = !slices.Contains(notConfigured, f.Name) }
		c.Flags().VisitAll(note)
		c.PersistentFlags().VisitAll(note)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	for _, name := range k.Keys() {
		if !keys[name] {
			return fmt.Errorf("configuration %s: no flag is called %q", path, name)
		}
	}
	return nil
}
