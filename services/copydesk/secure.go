package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
	"github.com/copydesk/copydesk/pkg/run"
	"github.com/copydesk/copydesk/pkg/secure"
	"github.com/copydesk/copydesk/pkg/view"
)

// secureCommand is "copydesk secure".
func secureCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secure",
		Short: "Give each worker and sender a user of its own on the NATS server",
		Long: `Give each worker and sender a user of its own on the NATS server, who may do his own
work and nothing else, and encrypt the connections. The server is one that runs by
itself, such as nats-server.`,
		Example: `  copydesk secure init secure --source ap --host nats.example.org
  cd secure && nats-server -c nats.conf
  copydesk provision --own-bucket ap --nats nats.example.org --nats-ca secure/tls/ca.pem --nats-nkey secure/keys/provision.nk
  copydesk up --own-bucket ap --nats nats.example.org --nats-ca secure/tls/ca.pem --nats-nkey secure/keys
  copydesk drop --source ap --nats nats.example.org --nats-ca ca.pem --nats-nkey drop-ap.nk story.html`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return run.Usage(fmt.Errorf("secure: %q is none of init and check", args[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(secureInitCommand(), secureCheckCommand())
	return cmd
}

// secureSources is the flag of init and check.
func secureSources(f *pflag.FlagSet, sources *[]string) {
	f.StringSliceVar(sources, "source", nil, "a `source` whose sender gets a user and a bucket of its own")
	rename(f, "source", "own-bucket") // the same as the workers'
}

// accesses are the users of a desk with these sources.
func accesses(s bus.Settings) ([]desk.Access, error) {
	for _, source := range s.Sources {
		if err := article.CheckSource(source); err != nil {
			return nil, run.Usage(err)
		}
	}
	return desk.Accesses(bus.NewTopology(s)), nil
}

// secureStoreRoom is what the server's limit has above the streams' own: for the buckets
// of state, sources and overrides, and some to spare.
const secureStoreRoom = 512 << 20

func secureInitCommand() *cobra.Command {
	var (
		o     secure.Options
		s     bus.Settings
		store int64
	)
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write a server configuration, keys and certificates",
		Long: `Write a NATS server's configuration with a user for each worker, for provisioning,
housekeeping, the HTTP door, subscribers (tap), the operator, and for the sender of each
--source; the users' keys, each in a file that its owner alone can read; and an authority
with the server's certificate, or the configuration for one of your own.

Nothing is written over without --force, which makes every key anew. --keep keeps the
keys and certificates that are there and writes the configuration anew: after an upgrade,
or for one more source.

Hand each process its own file of DIR/keys, with --nats-nkey, and DIR/tls/ca.pem with
--nats-ca. A process of several roles, such as up, takes the folder. The workers'
--own-bucket must name the same sources. DIR/tls/ca-key.pem is needed for nothing but
further certificates: keep it elsewhere.`,
		Example: `  copydesk secure init secure --source ap --source mail --host nats.example.org`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (o.CertFile == "") != (o.KeyFile == "") {
				return run.Usage(errors.New("secure init: --tls-cert and --tls-key go together"))
			}
			if o.Force && o.Keep {
				return run.Usage(errors.New("secure init: --force and --keep exclude each other"))
			}
			var err error
			if o.Accesses, err = accesses(s); err != nil {
				return err
			}
			o.MaxStore = store + secureStoreRoom
			written, err := secure.Init(args[0], o)
			for _, name := range written {
				fmt.Fprintln(cmd.OutOrStdout(), view.OneLine(filepath.Join(args[0], name)))
			}
			if errors.Is(err, secure.ErrExists) {
				err = fmt.Errorf("%w (--keep writes the configuration alone, --force everything)", err)
			}
			return err
		},
	}
	f := cmd.Flags()
	secureSources(f, &s.Sources)
	f.StringSliceVar(&o.Hosts, "host", []string{"localhost", "127.0.0.1", "::1"}, "`names` and addresses by which clients know the server")
	f.StringVar(&o.Listen, "nats-listen", "127.0.0.1:4222", "the server's `address` for clients")
	f.StringVar(&o.StoreDir, "data", "jetstream", "the server's `folder` for streams, as seen from DIR")
	rename(f, "data", "nats-data") // --data of up is another
	f.Int64Var(&store, "store", 10<<30, "cap on all streams together, in `bytes`, as the workers' --store")
	f.BoolVar(&o.Durable, "durable", false, "for workers with --profile durable")
	f.StringVar(&o.CertFile, "tls-cert", "", "`file` of the server's certificate, of your own")
	f.StringVar(&o.KeyFile, "tls-key", "", "`file` of its private key")
	f.BoolVar(&o.Force, "force", false, "write over what is there, with new keys")
	f.BoolVar(&o.Keep, "keep", false, "keep the keys that are there, write the configuration anew")
	return cmd
}

func secureCheckCommand() *cobra.Command {
	var s bus.Settings
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Say what a written configuration lacks for this version",
		Long: `Read a configuration that secure init wrote and say what it lacks for this version of
copydesk, and what it allows beyond its needs, a line for each. The exit code is 1 if
there is anything. Name the same --source as init did.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := accesses(s)
			if err != nil {
				return err
			}
			findings, err := secure.Check(args[0], list)
			if err != nil {
				return err
			}
			for _, f := range findings {
				fmt.Fprintln(cmd.OutOrStdout(), view.OneLine(f))
			}
			if len(findings) > 0 {
				return fmt.Errorf("secure check: %d findings (copydesk secure init %s --keep writes the configuration anew)", len(findings), args[0])
			}
			return nil
		},
	}
	secureSources(cmd.Flags(), &s.Sources)
	return cmd
}
