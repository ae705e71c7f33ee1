package dedupe

import (
	"slices"
	"strings"

	"github.com/copydesk/copydesk/pkg/article"
)

// Changes compares the paragraphs of two versions.
func Changes(old *string, _ []uint32, text string) []article.Change {
	changes := []article.Change{}
	if old == nil {
		return changes
	}
	before, after := strings.Split(*old, "\n\n"), strings.Split(text, "\n\n")
	for _, p := range before {
		if !slices.Contains(after, p) {
			changes = append(changes, article.Change{Op: "remove", Text: p})
		}
	}
	for _, p := range after {
		if !slices.Contains(before, p) {
			changes = append(changes, article.Change{Op: "add", Text: p})
		}
	}
	return changes
}
