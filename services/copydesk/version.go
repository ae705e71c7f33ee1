package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/run"
)

// versionCommand is "copydesk version".
func versionCommand() *cobra.Command {
	var asJSON, sbom bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which build this is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if sbom {
				return writeSBOM(cmd.OutOrStdout())
			}
			b := run.BuildInfo()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			words := []string{"copydesk", b.Version}
			if b.Revision != "" {
				words = append(words, b.Revision)
			}
			if b.Modified {
				words = append(words, "modified")
			}
			words = append(words, b.Go, b.Platform)
			_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(words, " "))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&sbom, "sbom", false, "print what it is made of: CycloneDX 1.6, in JSON")
	cmd.MarkFlagsMutuallyExclusive("json", "sbom")
	return cmd
}
