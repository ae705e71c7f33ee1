package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// diff collects what differs, in words.
type diff []string

func differ[T comparable](d *diff, what string, want, have T) {
	if want != have {
		*d = append(*d, fmt.Sprintf("%s is %v instead of %v", what, have, want))
	}
}

func (d diff) String() string { return strings.Join(d, ", ") }

// streamDiff compares what the pipeline relies on. The number of copies has a finding
// of its own, and more of them than asked for is no fault.
func streamDiff(want, have jetstream.StreamConfig) string {
	var d diff
	if !slices.Equal(slices.Sorted(slices.Values(want.Subjects)), slices.Sorted(slices.Values(have.Subjects))) {
		d = append(d, fmt.Sprintf("subjects are %v instead of %v", have.Subjects, want.Subjects))
	}
	differ(&d, "retention", want.Retention, have.Retention)
	differ(&d, "storage", want.Storage, have.Storage)
	differ(&d, "discard", want.Discard, have.Discard)
	differ(&d, "the most bytes", want.MaxBytes, have.MaxBytes)
	differ(&d, "the most messages", -1, max(have.MaxMsgs, -1))
	differ(&d, "the most messages of a subject", -1, max(have.MaxMsgsPerSubject, -1))
	differ(&d, "the greatest age", want.MaxAge, have.MaxAge)
	differ(&d, "the duplicate window", want.Duplicates, have.Duplicates)
	differ(&d, "direct get", want.AllowDirect, have.AllowDirect)
	differ(&d, "atomic publish", want.AllowAtomicPublish, have.AllowAtomicPublish)
	differ(&d, "sealed", false, have.Sealed)
	return d.String()
}

func consumerDiff(want, have jetstream.ConsumerConfig) string {
	var d diff
	differ(&d, "the filter", want.FilterSubject, have.FilterSubject)
	differ(&d, "acknowledgement", want.AckPolicy, have.AckPolicy)
	differ(&d, "delivery", want.DeliverPolicy, have.DeliverPolicy)
	if want.AckWait != 0 { // else the server's default
		differ(&d, "the wait for a sign of life", want.AckWait, have.AckWait)
	}
	differ(&d, "the most unacknowledged", want.MaxAckPending, have.MaxAckPending)
	differ(&d, "the most deliveries", want.MaxDeliver, have.MaxDeliver)
	differ(&d, "headers only", want.HeadersOnly, have.HeadersOnly)
	differ(&d, "the inactivity it goes away after", want.InactiveThreshold, have.InactiveThreshold)
	return d.String()
}
