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
	list := func(w io.Writer, scores []eval.Score) error { // for sets with few figures in common, or many
		if asJSON {
			return eval.WriteJSON(w, scores)
		}
		return eval.WriteList(w, scores)
	}
	cmd.AddCommand(evalDedupe(&dir, list))
	cmd.AddCommand(evalSummaries(&dir, list))
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
	cmd.AddCommand(evalExtraction(&dir, write))
	cmd.AddCommand(evalEntities(&dir, write))
	cmd.AddCommand(evalLinking(&dir, write))
	return cmd
}

// evalExtraction is "copydesk eval extraction".
func evalExtraction(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	var halves bool
	cmd := &cobra.Command{
		Use:   "extraction",
		Short: "Body, headline, date, authors, language and charset of articles",
		Long: `Measure extraction: pages to records, and their bodies as plain texts.

Pages: DIR/extraction/<set>/pages.jsonl or pages.jsonl.gz, one page a line,
{"id": "...", "url": "...", "html_base64": "...", "text": "...", "with": ["..."],
"without": ["..."], "title": "...", "date": "...", "authors": ["..."],
"language": "..."}. A key that is absent was not annotated and is not scored.

f1, precision, recall   of "text": 4-word shingles, P and R averaged over pages,
                        as scrapinghub/article-extraction-benchmark counts them;
                        of "with" and "without": segments found in the text, white
                        space aside, as adbar/trafilatura counts them
title_exact             letters and digits equal, case aside
date_exact              the same day, in the gold's own zone
author_exact            all names and no other, in any order
false_drops             share of gold paragraphs the line cleaner took out
false_cuts              and the judge of a page's blocks: captions, boxes, links, echoes
                        of the headline, the end

The bodies serve as plain texts too: false_drops, headline_taken (how often a first
line of the body was taken for a headline) and language (set "texts"), and charset/<encoding>, the share of bodies that come out of the encoding as they do of
UTF-8, whole (exact) or cut to 300 characters (exact_short). Speed is documents a
second of processor time: pages, and texts of 1 KB.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Extraction(*dir, eval.Extract, halves, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
	cmd.Flags().BoolVar(&halves, "halves", false, "score the odd and the even half of each set too, by the hash of the page's id")
	return cmd
}
