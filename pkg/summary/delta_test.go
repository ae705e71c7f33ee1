package summary

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/copydesk/copydesk/pkg/article"
)

func TestDelta(t *testing.T) {
	t.Parallel()
	add := func(s string) article.Change { return article.Change{Op: "add", Text: s} }
	remove := func(s string) article.Change { return article.Change{Op: "remove", Text: s} }
	for _, tc := range []struct {
		name     string
		relation article.Relation
		changes  []article.Change
		want     article.List[string]
	}{
		{"a new article has none", article.New, []article.Change{add("The ferry sank.")}, nil},
		{"nor has an excerpt", article.Excerpt, nil, nil},
		{"an update that only took out has an empty one", article.Update, []article.Change{remove("The ferry sank.")}, article.List[string]{}},
		{
			"a paragraph added is news, sentence by sentence", article.Update,
			[]article.Change{add("The captain was arrested. His ship is at the quay.")},
			article.List[string]{"The captain was arrested.", "His ship is at the quay."},
		},
		{
			"a sentence that stayed in an edited paragraph is no news", article.Update,
			[]article.Change{remove("The ferry sank on Monday."), add("The ferry sank on Monday. Its captain was arrested at dawn.")},
			article.List[string]{"Its captain was arrested at dawn."},
		},
		{
			"a figure that changed is named", article.Correction,
			[]article.Change{remove("Rescuers found 12 people alive."), add("Rescuers found 14 people alive.")},
			article.List[string]{"12 → 14: Rescuers found 14 people alive."},
		},
		{
			"or one that is written out", article.Update,
			[]article.Change{remove("Rescuers found twelve people alive in the water."), add("Rescuers found fourteen people alive in the water.")},
			article.List[string]{"twelve → fourteen: Rescuers found fourteen people alive in the water."},
		},
		{
			"another wording is no news", article.Update,
			[]article.Change{remove("The board said late on Monday that it had not agreed to the plan."), add("The board said on Monday that it had not agreed to the plan.")},
			article.List[string]{},
		},
		{
			"but in a correction it is", article.Correction,
			[]article.Change{remove("The board under Ilse Brand said on Monday that it had agreed to the plan."), add("The board under Ilse Brandt said on Monday that it had agreed to the plan.")},
			article.List[string]{"The board under Ilse Brandt said on Monday that it had agreed to the plan."},
		},
		{
			"so is a not", article.Update,
			[]article.Change{remove("The board said on Monday that it had agreed to the plan."), add("The board said on Monday that it had not agreed to the plan.")},
			article.List[string]{"The board said on Monday that it had not agreed to the plan."},
		},
		{
			"a figure that came is not paired", article.Update,
			[]article.Change{remove("Rescuers found people alive in the cold water."), add("Rescuers found 14 people alive in the cold water.")},
			article.List[string]{"Rescuers found 14 people alive in the cold water."},
		},
		{
			"a sentence moved to another paragraph is no news", article.Update,
			[]article.Change{remove("Divers search the wreck. The ferry sank."), add("The ferry sank. Divers search the wreck.")},
			article.List[string]{},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := &article.Article{Dedupe: &article.Dedupe{Relation: tc.relation, Changes: tc.changes}}
			if diff := cmp.Diff(tc.want, Delta(a)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if Delta(&article.Article{}) != nil {
		t.Error("an article without a verdict has a delta")
	}
}
