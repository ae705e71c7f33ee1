package replay

import "time"

// Schema is the value of Report.Schema.
const Schema = "copydesk.replay/1"

// Report is the sums of a replay.
type Report struct {
	Schema string `json:"schema"`
	// From, To, Source and Backfill are the range, To and Source null for no bound.
	From     time.Time  `json:"from"`
	To       *time.Time `json:"to"`
	Source   *string    `json:"source"`
	Backfill bool       `json:"backfill"`
	// InboxBegins is when the oldest file came that the inbox keeps, where that is after
	// From.
	InboxBegins *time.Time `json:"inbox_begins"`
	State       State      `json:"state"`

	// Files were replayed; FilesGone were removed while they were.
	Files     int `json:"files"`
	FilesGone int `json:"files_gone"`
	// Articles are those that were compared, Same those that come out as they did, and
	// Changed the others.
	Articles int `json:"articles"`
	Same     int `json:"same"`
	Changed  int `json:"changed"`
	// NotCompared articles have not ended on the desk, or what came of them is not kept
	// any more.
	NotCompared int `json:"not_compared"`

	// Of those that changed, Verdicts have another outcome or relation; of these, Rejected
	// were published and die now, Accepted died and are published now, Vanished are not
	// found in their file any more, and Appeared were not before.
	Verdicts int `json:"verdicts"`
	Rejected int `json:"rejected"`
	Accepted int `json:"accepted"`
	Vanished int `json:"vanished"`
	Appeared int `json:"appeared"`
	// Entities articles gain or lose some: so many in all.
	Entities       int `json:"entities"`
	EntitiesGained int `json:"entities_gained"`
	EntitiesLost   int `json:"entities_lost"`
	// Summaries have other sentences, and Extraction articles other fields from ingest.
	Summaries  int `json:"summaries"`
	Extraction int `json:"extraction"`
	// Details differ in nothing of this: in a score, say, or where a name stands.
	Details int `json:"details"`
}

// State is what was replayed with.
type State struct {
	// Overrides is the revision of the overrides, 0 for none.
	Overrides uint64 `json:"overrides_revision"`
	// Boilerplate names the snapshot of the learnt boilerplate, null for none.
	Boilerplate *string `json:"boilerplate"`
	// Decisions are how many verdicts on articles outside of the range were taken over
	// as they stand.
	Decisions int `json:"decisions_kept"`
}

func newReport(o *Options) *Report {
	r := &Report{Schema: Schema, From: o.From.UTC(), Backfill: o.Backfill}
	if !o.To.IsZero() {
		to := o.To.UTC()
		r.To = &to
	}
	if o.Source != "" {
		r.Source = &o.Source
	}
	return r
}

// count adds a compared article, whose change may be nil.
func (r *Report) count(c *Change) {
	r.Articles++
	if c == nil {
		r.Same++
		return
	}
	r.Changed++
	details := true
	if v := c.Verdict; v != nil {
		r.Verdicts++
		details = false
		switch {
		case v.Was.Outcome == "":
			r.Appeared++
		case v.Now.Outcome == "":
			r.Vanished++
		case v.Was.Outcome != Dead && v.Now.Outcome == Dead:
			r.Rejected++
		case v.Was.Outcome == Dead && v.Now.Outcome != Dead:
			r.Accepted++
		}
	}
	if c.Entities != nil {
		r.Entities++
		r.EntitiesGained += len(c.Entities.Gained)
		r.EntitiesLost += len(c.Entities.Lost)
		details = false
	}
	if c.Summary != nil {
		r.Summaries++
		details = false
	}
	if len(c.Extraction) > 0 {
		r.Extraction++
		details = false
	}
	if details {
		r.Details++
	}
}
