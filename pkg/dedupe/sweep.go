package dedupe

// sweepLeast is the number of dead links below which sweeping is not worth it.
const sweepLeast = 4096

// drop takes an article out of everything but the lists of links.
func (x *Index) drop(id int32) {
	d := &x.docs[id]
	delete(x.items, d.Item)
	if x.hashes[d.Hash] == id {
		delete(x.hashes, d.Hash)
	}
	if d.root != id && !x.docs[d.root].gone {
		x.docs[d.root].copies--
	}
	if d.linked {
		x.dead += len(d.Fingerprints)
	}
	// Copies keep the number of the doc, so it stays; what it holds can go.
	*d = doc{gone: true, root: d.root}
}

// sweep builds the index again without the articles that are gone, once they are the
// greater part of it. Copies whose original is gone become known by item only.
func (x *Index) sweep() {
	if x.dead < sweepLeast || x.dead*2 < len(x.links) {
		return
	}
	old := x.docs
	fresh := NewIndex(Options{Window: x.window})
	for i := range old {
		if !old[i].gone {
			fresh.Add(old[i].Entry, old[i].seq)
		}
	}
	*x = *fresh
}
