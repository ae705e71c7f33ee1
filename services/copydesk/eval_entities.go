package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
)

// evalEntities is "copydesk eval entities".
func evalEntities(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	var system string
	cmd := &cobra.Command{
		Use:   "entities",
		Short: "Names of persons, organisations and places",
		Long: `Measure the tagger of names.

DIR/entities/{dev,test}/*.conll or *.conll.gz: token TAB tag with IOB2 tags PER,
ORG, LOC and MISC, a blank line after each sentence, -DOCSTART- before each document.
A name counts when its first and last token and its type are right.

f1, precision, recall   over persons, organisations and places together
f1/TYPE                 over one type
<set>/tune              the documents on which rules and settings were chosen, by the
                        hash of their words
<set>/report            the others
<set>/text              the whole set as running text, tokenised by pkg/text, with the
                        speed of tokeniser, model and rules in tokens of the set a
                        second of processor time

With --system an external tagger is measured by the same code. CMD is started once
and reads a document a line from its standard input,
{"sentences": [["Ada", "Obi", "left", "."]], "text": "Ada Obi left."}
and answers with a line, either by token of the document or by code point of the text:
{"names": [{"start": 0, "end": 2, "type": "person"}]}
{"mentions": [{"start": 0, "end": 7, "type": "person"}]}
Types are person, organisation, place and other, or PER, ORG, LOC and MISC.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			tagger, inText := eval.NameTagger(eval.OwnNames), eval.TextTagger(eval.OwnMentions)
			if system != "" {
				s, err := eval.StartSystem(cmd.Context(), system)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, s.Close()) }()
				tagger, inText = s.Names, nil
			}
			scores, err := eval.Entities(*dir, tagger, inText, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
	cmd.Flags().StringVar(&system, "system", "", "measure this program instead")
	return cmd
}
