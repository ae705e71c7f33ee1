package extract

// Limits are the caps on what one file may cost. A zero field means its default.
//
// Parsers of untrusted bytes can be made to take time and memory out of all
// proportion to the file. The defaults were set from measurements on pages built to
// be slow, so that one file stays well under the 10 s a document may take.
type Limits struct {
	// Raw is the most bytes a file may have as dropped; more is refused as
	// too_large. Default 32 MiB.
	Raw int
	// HTML is the most bytes of a page that are parsed into a tree; a larger page
	// is read tag by tag, which needs no tree. Default 8 MiB.
	HTML int
	// Blocks is the most block elements (p, div, li, td...) of a page that are given to
	// the article extractor, whose time grows with their square: 10,000 took 1.2 s,
	// 40,000 took 9.9 s and 1.1 GB. Default 10,000.
	Blocks int
	// Fallback is the most block elements for which the extractor may also ask its
	// two slower competitors for their opinion. Default 5,000.
	Fallback int
}

// withDefaults fills in what was left zero.
func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Raw, 32<<20)
	set(&l.HTML, 8<<20)
	set(&l.Blocks, 10_000)
	set(&l.Fallback, 5_000)
	return l
}
