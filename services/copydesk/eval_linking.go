package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
)

// evalLinking is "copydesk eval linking".
func evalLinking(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	return &cobra.Command{
		Use:   "linking",
		Short: "Wikidata ids of names",
		Long: `Measure which names get a Wikidata id, and whether it is the right one.

DIR/entities/linking/*.jsonl or *.jsonl.gz, one document a line,
{"id": "...", "text": "...", "mentions": [{"start": 0, "end": 5, "qid": "Q79"}]},
start and end being code point offsets. "qid" is null for a name that Wikidata does
not have. Names are found and linked in the bare text. A link is right when its span
and its id are right.

f1, precision, recall   over all names with a gold id, and every link there is
recall_covered, f1_covered
                        without the gold names whose id the knowledge base lacks; every
                        wrong link still counts
precision_at_gold       of the links on spans that are gold names: errors of
                        recognition aside
coverage, coverage_ids  share of gold names, and of different gold ids, that the
                        knowledge base has

The development half of AIDA-CoNLL is published with about a fifth of its words
replaced by asterisks, among them words that would tell what a name is. Figures on it
are figures of masked text.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Linking(*dir, eval.OwnLinker{}, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
}
