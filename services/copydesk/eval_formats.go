package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
)

// evalFormats is "copydesk eval formats".
func evalFormats(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	return &cobra.Command{
		Use:   "formats",
		Short: "News formats: headline, text and date of published examples",
		Long: `Read the examples that standards bodies publish for their formats.

DIR/formats/iptc/files.jsonl lists files beside it, one object a line,
{"path": "ninjs/3.1/guide/001.json", "format": "ninjs", "role": "example"}; roles
"example" and "should_pass" count. The figures are the parts of the files in which
the headline, the text and the date were found, of those that have one; "read" is
the part that was understood at all. What is missed is named on stderr.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Formats(cmd.Context(), *dir, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
}
