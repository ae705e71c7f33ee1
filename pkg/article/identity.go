package article

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

const uriPrefix = "urn:copydesk:article:"

// Lower-case RFC 4648 base32: safe in subjects, file names and URLs, and equal
// under the case folding some of them do.
var itemEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ItemID returns the identity of an arrival: article number index of the file
// stored as sequence seq in an inbox stream created at created. The content has
// no part in it, so the same bytes dropped twice are two items.
//
// It is the first 26 characters of the base32 form of the SHA-256 of the creation
// time in nanoseconds since the Unix epoch, the sequence and the index, each as a
// big-endian 64-bit number: 130 bits.
func ItemID(created time.Time, seq uint64, index int) string {
	var b [24]byte
	binary.BigEndian.PutUint64(b[0:], uint64(created.UnixNano()))
	binary.BigEndian.PutUint64(b[8:], seq)
	binary.BigEndian.PutUint64(b[16:], uint64(index))
	sum := sha256.Sum256(b[:])
	var out [32]byte
	itemEncoding.Encode(out[:], sum[:20])
	return string(out[:26])
}

// URI returns the uri of the first version of an item.
func URI(item string) string { return uriPrefix + item }

// ItemOf returns the item that gave a uri its name, and whether it is such a uri.
func ItemOf(uri string) (string, bool) {
	item, ok := strings.CutPrefix(uri, uriPrefix)
	return item, ok && len(item) == 26
}

// EventID returns the CloudEvents id of a version of an article.
func EventID(uri string, version int) string {
	return uri + "#v" + strconv.Itoa(version)
}

// Delivery says in what circumstances a stage publishes: which replay it belongs
// to, if any, and how often the item was retried from the dead letters.
type Delivery struct {
	Run   string // empty outside a replay
	Retry int    // 0 unless retried from the dead letters
}

// MessageID returns the Nats-Msg-Id under which stage publishes item. It holds
// no version of code or model, so a redelivery across an upgrade is recognised.
func (d Delivery) MessageID(stage, item string) string {
	id := stage + "/" + item
	if d.Run != "" {
		id = d.Run + "/" + id
	}
	if d.Retry > 0 {
		id += "/r" + strconv.Itoa(d.Retry)
	}
	return id
}
