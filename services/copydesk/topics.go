package main

import "github.com/spf13/cobra"

// Help topics: commands that only have a text.

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Exit codes of every copydesk command:

  0    done; for a command that runs until it is stopped: stopped when asked to
  1    it did not work: the message on stderr says what
         process: an item died of a fault; items that nobody could process do not count
         drop: at least one file was not stored
         dead retry, dead purge: a letter that was chosen could not be, or none is there
         healthcheck: the process is not ready
  2    it was asked wrongly: an unknown flag, a missing argument, a bad value
  3    drop --no-wait: there was no room for a file; nothing of it is stored
  130  a second SIGINT or SIGTERM ended it at once`,
	}
}

func configurationTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "configuration",
		Short: "Flags, environment variables and the configuration file",
		Long: `Every flag of every command is also an environment variable and a key of one YAML
file. The command line wins over the environment, the environment over the file.

  --log-format json           on the command line
  COPYDESK_LOG_FORMAT=json    in the environment
  log-format: json            in the file

The file is the one named by --config or COPYDESK_CONFIG; there is no default. A key
that is no command's flag is an error, an empty variable counts as none. Lists have
commas in the environment and are lists in YAML.

Some flags have a longer name outside the command line, where the short one would not
say what they are about:

  --nats            COPYDESK_NATS_URL      nats-url
  --data of eval    COPYDESK_EVAL_DATA     eval-data
  --source of tap   COPYDESK_TAP_SOURCE    tap-source`,
	}
}
