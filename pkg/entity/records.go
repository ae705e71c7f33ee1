package entity

import "sync"

// recordsByID leads from Wikidata ids to what the bases know of them. The gazetteer comes
// before the wider base.
var recordsByID = sync.OnceValue(func() map[string]*record {
	records := map[string]*record{}
	for _, base := range []senses{loadGazetteer().senses, loadWider()} {
		for _, s := range base {
			if id := s.record.wikidata; id != "" && records[id] == nil {
				records[id] = s.record
			}
		}
	}
	return records
})

// Linkable reports whether Tag can give this Wikidata id ("Q30") to a name: whether the
// knowledge base has it.
func Linkable(wikidata string) bool { return recordsByID()[wikidata] != nil }
