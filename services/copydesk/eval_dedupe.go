package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/copydesk/copydesk/pkg/eval"
)

// evalDedupe is "copydesk eval dedupe".
func evalDedupe(dir *string, write func(io.Writer, []eval.Score) error) *cobra.Command {
	var o eval.DedupeOptions
	cmd := &cobra.Command{
		Use:   "dedupe",
		Short: "Copies, updates and corrections among articles",
		Long: `Measure the verdicts on whether news is new.

DIR/dedupe/reuters/articles.jsonl or .jsonl.gz holds the articles of a news wire, one
a line, {"id": "...", "title": "...", "date": "1987-02-26T15:01:01Z", "text": "..."};
corrected.jsonl beside it those that say they correct another, {"id": "..."}.
DIR/stories/ecb/articles.jsonl or .jsonl.gz, which may be missing, holds articles on
events, {"id": "...", "topic": "...", "event": "...", "text": "..."}.

mutations   300 articles, each changed in 14 ways: cut, framed with boilerplate,
            reworded, badly scanned, embedded in foreign text … The index holds articles
            that have nothing in common; headlines are left out. f1, precision, recall
            of the original named, recall_<change> of each change, ari the adjusted Rand
            index of the groups, articles_new the share of originals called new
reuters     the wire in the order it was sent: how many articles got each relation,
            and the share stopped; corrections_linked, the share of corrections found to
            concern their original, corrections_named that with the relation correction,
            corrections_any the share of all corrections not called new
pairs       pairs of the wire that two people judged: f1, precision, recall of being in
            one group; the same "_weighted" by how thinly each band of likeness was
            drawn; relation, the share of rightly accepted pairs with the relation the
            judges chose, and relation_<label> of each; judges_kappa and judges_equal,
            how far the judges agreed. pairs/tune and pairs/check are its halves
ecb         false_merges, how many pairs of different events ended in one group; merges,
            how many of the same; precision, the share of the latter
speed       signatures (tokens included) and decisions of articles of 420 words, a
            second of processor time

The judgements, ids without text, are part of this program. The same seed changes the
same articles in the same way; quote a figure on a seed that nothing was tuned on.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scores, err := eval.Dedupe(*dir, o, func(format string, args ...any) {
				fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
			})
			if err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), scores)
		},
	}
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "`number` that chooses the articles changed and the changes")
	cmd.Flags().BoolVar(&o.Misses, "misses", false, "name every wrong verdict on stderr, with its evidence")
	return cmd
}
