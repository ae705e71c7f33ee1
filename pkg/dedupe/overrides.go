package dedupe

// Override is the desk's word on two articles, by Signature.Hash.
type Override struct {
	A, B string
	Same bool
}

// Overrides are all of them at a revision.
type Overrides struct {
	rev  string
	list []Override
}

// NewOverrides returns overrides under their revision.
func NewOverrides(rev string, list []Override) *Overrides { return &Overrides{rev, list} }

// Rev returns the revision.
func (o *Overrides) Rev() string { return o.rev }
