package dedupe

// Override is the desk's word on two articles, named by their Signature.Hash.
type Override struct {
	A, B string
	// Same says that they are the same article, otherwise that they are not.
	Same bool
}

// Overrides are the desk's words on pairs of articles. A nil *Overrides has none. They
// are not changed after they were made and may be read at the same time.
type Overrides struct {
	revision  string
	different map[[2]uint64]bool
	same      map[uint64][]uint64 // both ways
}

// NewOverrides returns overrides under a revision, which every decision made with them
// carries.
func NewOverrides(rev string, list []Override) *Overrides {
	o := &Overrides{revision: rev, different: map[[2]uint64]bool{}, same: map[uint64][]uint64{}}
	for _, w := range list {
		a, b := contentKey(w.A), contentKey(w.B)
		if w.Same {
			o.same[a] = append(o.same[a], b)
			o.same[b] = append(o.same[b], a)
		} else {
			o.different[[2]uint64{min(a, b), max(a, b)}] = true
		}
	}
	return o
}

// Rev returns the revision.
func (o *Overrides) Rev() string {
	if o == nil {
		return ""
	}
	return o.revision
}

func (o *Overrides) rev() *string {
	if o == nil {
		return nil
	}
	return &o.revision
}

// partners are the articles that the desk calls the same as one.
func (o *Overrides) partners(a uint64) []uint64 {
	if o == nil {
		return nil
	}
	return o.same[a]
}

// differ reports whether the desk calls two articles different.
func (o *Overrides) differ(a, b uint64) bool {
	return o != nil && o.different[[2]uint64{min(a, b), max(a, b)}]
}
