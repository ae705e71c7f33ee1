package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
)

const (
	// keepDays is how many days have a row of their own; what is older is folded into one.
	keepDays = 400
	// keepSources is for how many days the rows say the source: longer than dead letters
	// can be retried. Older days are by lane.
	keepSources = 35
	// maxRows bounds the rows of a day. The sources beyond are AnySource. The checkpoint is
	// one message: at the most a quarter of a megabyte, commonly a few kilobytes.
	maxRows = 64
	// maxAmendments are told apart for a day; the last takes up any more.
	maxAmendments = 8
)

// AnySource stands for the sources that are not told apart any more.
const AnySource = "*"

// Day is the account of the files that came in on one day, whenever their items ended.
// It is kept beyond what it was counted from.
type Day struct {
	// Day is the UTC date of arrival, empty for all that came before the first day kept.
	// Files that arrive while the ledger is read over midnight may count as the day
	// before.
	Day string `json:"day"`
	// Closed is when the day was over and everything that came in on it had ended; nil
	// before, and while a retried dead letter of it is under way.
	Closed *time.Time `json:"closed"`
	// Amendments are what changed after the day was closed first.
	Amendments []Amendment `json:"amendments,omitempty"`
	Sums       []Sums      `json:"sums"`
	// First is the place of the day's first file in each inbox.
	First map[article.Lane]uint64 `json:"first"`
}

// Amendment is a change to a day that was closed: a dead letter that was retried. Its
// numbers are differences.
type Amendment struct {
	At time.Time `json:"at"`
	Sums
}

// beginDays notes where today begins in the inboxes, and every day since the last one.
// A day begins at a file that is not counted yet, so that a file and all that becomes of
// it are of one day.
func (l *Ledger) beginDays(ctx context.Context) error {
	now := l.now().UTC()
	today := now.Format(time.DateOnly)
	if n := len(l.days); n > 0 && l.days[n-1].Day >= today {
		return nil
	}
	date := now
	if n := len(l.days); n > 0 && l.days[n-1].Day != "" {
		last, err := time.Parse(time.DateOnly, l.days[n-1].Day)
		if err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		date = last.AddDate(0, 0, 1)
	}
	// What is folded away needs no beginning.
	if oldest := now.AddDate(0, 0, -keepDays); date.Before(oldest) {
		date = oldest
	}
	for ; ; date = date.AddDate(0, 0, 1) {
		name := date.Format(time.DateOnly)
		if name > today {
			return nil
		}
		first, err := l.firstOf(ctx, name)
		if err != nil {
			return err
		}
		if len(l.days) == 0 && (len(l.sums) > 0 || first[article.Live] > 1 || first[article.Backfill] > 1) {
			// Some came before days were kept.
			l.days = append(l.days, &Day{Sums: l.report(), First: map[article.Lane]uint64{article.Live: 0, article.Backfill: 0}})
		}
		if n := len(l.days); n > 0 && len(l.days[n-1].Sums) == 0 && l.days[n-1].Day != "" && sameFirst(l.days[n-1].First, first) {
			l.days = l.days[:n-1] // nothing came in
		}
		l.days = append(l.days, &Day{Day: name, Sums: []Sums{}, First: first})
	}
}

func sameFirst(a, b map[article.Lane]uint64) bool {
	return a[article.Live] == b[article.Live] && a[article.Backfill] == b[article.Backfill]
}

// firstOf returns the places in the inboxes from which files are of a day or later.
func (l *Ledger) firstOf(ctx context.Context, day string) (map[article.Lane]uint64, error) {
	midnight, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	first := map[article.Lane]uint64{}
	for _, in := range inboxes {
		at, err := bus.FirstSince(ctx, l.js, in.stream, midnight)
		if err != nil {
			return nil, err
		}
		first[in.lane] = max(at, l.next[in.stream].Seq)
	}
	return first, nil
}

var inboxes = []struct {
	lane   article.Lane
	stream string
}{{article.Live, article.StreamInbox}, {article.Backfill, article.StreamBackfill}}

// forgetPlaces is called when an inbox was made anew: its numbers mean other files.
func (l *Ledger) forgetPlaces(stream string) {
	for _, in := range inboxes {
		if in.stream != stream {
			continue
		}
		for i, d := range l.days {
			if i < len(l.days)-1 {
				delete(d.First, in.lane)
			} else {
				d.First[in.lane] = 0
			}
		}
	}
}

// dayOf returns the day on which a file arrived.
func (l *Ledger) dayOf(lane article.Lane, seq uint64) *Day {
	for i := len(l.days) - 1; i > 0; i-- {
		if first, ok := l.days[i].First[lane]; ok && seq >= first {
			return l.days[i]
		}
	}
	return l.days[0]
}

// enter adds what one message says to the sums of all time and to those of its file's day.
func (l *Ledger) enter(source string, lane article.Lane, seq uint64, change Sums) {
	l.of(source, lane).add(change)
	d := l.dayOf(lane, seq)
	d.row(source, lane).add(change)
	if d.Closed != nil || len(d.Amendments) > 0 {
		d.amend(l.now().UTC(), source, lane, change)
	}
}

// row returns the sums of a source in a lane.
func (d *Day) row(source string, lane article.Lane) *Sums {
	at := func(source string) *Sums {
		for i := range d.Sums {
			if s := &d.Sums[i]; s.Source == source && s.Lane == lane {
				return s
			}
		}
		return nil
	}
	if s := at(source); s != nil {
		return s
	}
	if len(d.Sums) >= maxRows || at(AnySource) != nil {
		source = AnySource
		if s := at(source); s != nil {
			return s
		}
	}
	d.Sums = append(d.Sums, Sums{Source: source, Lane: lane})
	return &d.Sums[len(d.Sums)-1]
}

// amend records a change of a closed day. Changes of one reading are one amendment for
// each source.
func (d *Day) amend(now time.Time, source string, lane article.Lane, change Sums) {
	if change == (Sums{}) {
		return
	}
	n := len(d.Amendments)
	for i := range d.Amendments {
		if a := &d.Amendments[i]; a.At.Equal(now) && a.Source == source && a.Lane == lane {
			a.add(change)
			return
		}
	}
	if n == maxAmendments {
		last := &d.Amendments[n-1]
		last.At, last.Source, last.Lane = now, AnySource, ""
		last.add(change)
		return
	}
	change.Source, change.Lane = source, lane
	d.Amendments = append(d.Amendments, Amendment{At: now, Sums: change})
}

// closeDays closes the days that are over and of which everything has ended, and folds
// what is old.
func (l *Ledger) closeDays() {
	now := l.now().UTC()
	today := now.Format(time.DateOnly)
	for _, d := range l.days {
		switch {
		case d.Day >= today, !d.balanced():
			d.Closed = nil
		case d.Closed == nil:
			d.Closed = &now
		}
	}
	bySource, own := now.AddDate(0, 0, -keepSources).Format(time.DateOnly), now.AddDate(0, 0, -keepDays).Format(time.DateOnly)
	var before *Day
	kept := l.days[:0]
	for _, d := range l.days {
		if d.Day < bySource {
			d.forgetSources()
		}
		switch {
		case d.Day > own:
			kept = append(kept, d)
		case before == nil:
			before = d
			kept = append(kept, d)
		default:
			for _, s := range d.Sums {
				before.row(s.Source, s.Lane).add(s)
			}
		}
	}
	clear(l.days[len(kept):])
	l.days = kept
	if before != nil {
		before.Day, before.Amendments = "", nil
	}
}

func (d *Day) balanced() bool {
	return !slices.ContainsFunc(d.Sums, func(s Sums) bool { return s.InFlight() != 0 })
}

// forgetSources adds up the rows of each lane.
func (d *Day) forgetSources() {
	if !slices.ContainsFunc(d.Sums, func(s Sums) bool { return s.Source != AnySource }) {
		return
	}
	rows := d.Sums
	d.Sums = []Sums{}
	for _, s := range rows {
		i := slices.IndexFunc(d.Sums, func(o Sums) bool { return o.Lane == s.Lane })
		if i < 0 {
			i, d.Sums = len(d.Sums), append(d.Sums, Sums{Source: AnySource, Lane: s.Lane})
		}
		d.Sums[i].add(s)
	}
}

// Days returns the accounts by day of arrival, oldest first, the rows of each sorted.
func (l *Ledger) Days() []Day {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reportDays()
}

func (l *Ledger) reportDays() []Day {
	days := make([]Day, 0, len(l.days))
	for _, d := range l.days {
		c := *d
		c.Sums, c.Amendments, c.First = slices.Clone(d.Sums), slices.Clone(d.Amendments), map[article.Lane]uint64{}
		for lane, seq := range d.First {
			c.First[lane] = seq
		}
		slices.SortFunc(c.Sums, func(a, b Sums) int {
			return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Lane, b.Lane))
		})
		days = append(days, c)
	}
	return days
}

// CheckDays returns an error that says where the days contradict the sums of all time or
// a closed day does not balance.
func CheckDays(all []Sums, days []Day) error {
	var sum Sums
	for _, d := range days {
		of := Total(d.Sums)
		if d.Closed != nil && of.InFlight() != 0 {
			return fmt.Errorf("%s is closed, and %d of its items have not ended", d.name(), of.InFlight())
		}
		if of.InFlight() < 0 {
			return fmt.Errorf("of %s %d more items have ended than came in", d.name(), -of.InFlight())
		}
		sum.add(of)
	}
	if total := Total(all); total != sum {
		return fmt.Errorf("the days come to %+v, all time to %+v", sum, total)
	}
	return nil
}

func (d Day) name() string {
	if d.Day == "" {
		return "the time before the first day"
	}
	return d.Day
}

// now is the time by Ledger.Now.
func (l *Ledger) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}
