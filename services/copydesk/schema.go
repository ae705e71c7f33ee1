package main

import (
	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/article"
)

// schemaCommand is "copydesk schema": the JSON Schemas of what copydesk publishes.
func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [record|dead]",
		Short: "Print the JSON Schema of the record or of a dead letter",
		Long: `Print a JSON Schema, draft 2020-12:

  record  the article record on every subject after the inbox (the default)
  dead    the wrapper in which dead letters are printed`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"record", "dead"},
		RunE: func(cmd *cobra.Command, args []string) error {
			schema := article.Schema()
			if len(args) > 0 && args[0] == "dead" {
				schema = article.DeadSchema()
			}
			_, err := cmd.OutOrStdout().Write(schema)
			return err
		},
	}
}
