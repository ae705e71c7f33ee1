package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
)

// evalCommand is "copydesk eval": the stages measured on labelled data.
func evalCommand() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval STAGE --data DIR",
		Short: "Measure a stage on labelled data",
		Long: `Measure a stage on labelled data and print its scorecard.

DIR holds the data sets, one folder for each stage. Data sets do not come with
copydesk. Figures go to stdout, notices to stderr; rates are fractions of 1.
With --json each figure is one line:
{"stage":"sentences","set":"wsj","metric":"f1","value":0.994,"n":1600}`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&dir, "data", "", "folder of the data sets")
	rename(cmd.PersistentFlags(), "data", "eval-data") // --data of up is another folder
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	if err := cmd.MarkPersistentFlagRequired("data"); err != nil {
		panic(err) // the flag is defined two lines above
	}

	write := func(w io.Writer, scores []eval.Score) error {
		if asJSON {
			return eval.WriteJSON(w, scores)
		}
		return eval.WriteTable(w, scores)
	}
	cmd.AddCommand(evalFormats(&dir, write))
	cmd.AddCommand(&cobra.Command{
		Use:   "sentences",
		Short: "Sentence ends and token bounds of pkg/text",
		Long: `Measure the sentence splitter and the tokeniser.

Sentences: DIR/sentences/<set>/docs.jsonl or docs.jsonl.gz, one object a line,
{"id": "...", "text": "...", "ends": [139, 254]}, ends being code point offsets
just after each sentence. Only inner ends count, and only gold ends after
. ! ? or an ellipsis, closing quotes and brackets aside.

Tokens (stage "tokens", when DIR/entities exists): DIR/entities/{dev,train}/
*.conll or *.conll.gz, token TAB tag, a blank line after each sentence. The text
is rebuilt from the tokens by general rules; a token counts when both its ends
are found. f1_joined is on a text with lone hyphens joined to their neighbours.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Text(dir, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	})
	return cmd
}
