package entity

import "sync"

var linkable = sync.OnceValue(func() map[string]bool {
	ids := map[string]bool{}
	for _, base := range []senses{loadGazetteer().senses, loadWider()} {
		for _, s := range base {
			if s.record.wikidata != "" {
				ids[s.record.wikidata] = true
			}
		}
	}
	return ids
})

// Linkable reports whether Tag can give this Wikidata id ("Q30") to a name: whether the
// knowledge base has it.
func Linkable(wikidata string) bool { return linkable()[wikidata] }
