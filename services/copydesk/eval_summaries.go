package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
	"github.com/copydesk/copydesk/pkg/summary"
)

// evalSummaries is "copydesk eval summaries".
func evalSummaries(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	return &cobra.Command{
		Use:   "summaries",
		Short: "Summaries beside those that editors wrote",
		Long: `Measure summaries.

DIR/summaries/<set>/articles.jsonl or .jsonl.gz, one article a line,
{"id": "...", "text": "...", "reference": "one sentence\nanother"}, or "references",
a list of which the first counts.

r1, r2, rlsum              ROUGE F1 of three sentences, as rouge_score counts it
lead3_r1 …                 of the first three sentences, as a yardstick
p_over_lead3               paired bootstrap: how often resampled articles put us ahead
one_sentence_r1, lead1_r1  of one sentence, and of the first
one_line_r1, one_line_fits of the one line; the share that keeps to 30 words
no_dangling_opener         the share of summaries in which no sentence opens with a word
                           for something left out
no_open_quote              the share without half a quotation
offsets_exact              the share whose every sentence is text[start:end]
key_points                 the share with three to five
speed                      summaries of 700 words a second of processor time

The articles that the weights were learnt from are scored apart, as <set>/trained. Those
figures flatter; "go run ./scripts/train summaries --folds 5 --data DIR" gives the honest ones.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Summaries(*dir, summary.Default(), func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
}
