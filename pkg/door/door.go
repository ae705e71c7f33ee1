// Package door is the way into the inbox for those without NATS: one HTTP request
// puts one file.
//
//	POST /inbox/<source>            a file; ?lane=backfill for old material
//	curl --data-binary @file http://127.0.0.1:8460/inbox/curl
//
// The answer is 202 with a receipt, and it comes after NATS has stored the file. Any
// other answer means that the file is not stored, says why in JSON, and is safe to
// repeat. Headers of the request that the inbox knows go with the file as hints.
package door

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/copydesk/copydesk/pkg/article"
	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/view"
)

// Options configure a door.
type Options struct {
	// Token that a sender must bring as "Authorization: Bearer <token>". Without one,
	// requests must be addressed to this machine's loopback, and Listen must be.
	Token string
	// Listen is the address the HTTP server listens on, for New to refuse a door that
	// strangers could use.
	Listen string
	// Registerer for metrics. Nil exports none.
	Registerer prometheus.Registerer
}

// Pattern is where to mount a door, in the manner of http.ServeMux.
const Pattern = "POST /inbox/{source}"

const (
	// concurrent bounds the files held in memory at once: 16 of 32 MiB.
	concurrent = 16
	// patience is how long a body may take: 32 MiB over a slow line.
	patience = 2 * time.Minute
	// retryAfter is what a sender is told when there is no room, in seconds.
	retryAfter = "5"
)

// Reasons why there is no room.
const (
	reasonFull = "inbox_full"
	reasonDisk = "disk_full"
)

// door is the handler.
type door struct {
	inbox *Inbox
	token string
	slots chan struct{}
	m     metrics
}

// New returns the handler for Pattern. Requests of other sites' pages in a browser
// are refused.
func New(inbox *Inbox, o Options) (http.Handler, error) {
	if o.Token == "" && !loopback(o.Listen) {
		return nil, fmt.Errorf("open the HTTP door on %q: anyone who reaches this address could drop files; set a token or listen on 127.0.0.1", o.Listen)
	}
	d := &door{inbox: inbox, token: o.Token, slots: make(chan struct{}, concurrent), m: newMetrics(o.Registerer)}
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		d.refuse(w, &refusal{http.StatusForbidden, "cross_origin", "requests of other sites' pages are refused"})
	}))
	return cross.Handler(d), nil
}

// refusal is an answer other than 202.
type refusal struct {
	status  int
	reason  string // a code
	message string
}

func (r *refusal) Error() string { return r.message }

// ServeHTTP puts the body of a request into the inbox.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	receipt, err := d.take(w, r)
	var no *refusal
	switch {
	case errors.As(err, &no):
		d.refuse(w, no)
	case err != nil:
		d.refuse(w, failure(err))
	default:
		d.m.requests.WithLabelValues(outcomeAccepted).Inc()
		answer(w, http.StatusAccepted, receipt)
	}
}

// take does the work of a request, in the order in which it can be refused cheaply.
func (d *door) take(w http.ResponseWriter, r *http.Request) (Receipt, error) {
	if err := d.admit(r); err != nil {
		return Receipt{}, err
	}
	f, err := describe(r)
	if err != nil {
		return Receipt{}, err
	}
	if r.ContentLength > bus.MaxFile {
		return Receipt{}, tooLarge()
	}
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-r.Context().Done():
		return Receipt{}, r.Context().Err()
	}
	// Not every ResponseWriter has deadlines; those that do not are tests'.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
	f.Data, err = io.ReadAll(http.MaxBytesReader(w, r.Body, bus.MaxFile))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return Receipt{}, tooLarge()
	case err != nil:
		return Receipt{}, &refusal{http.StatusBadRequest, "bad_body", "read the request's body: " + err.Error()}
	case len(f.Data) == 0:
		return Receipt{}, &refusal{http.StatusBadRequest, "empty", "the request has no body"}
	}
	return d.inbox.Put(r.Context(), f)
}

// admit checks that the sender may use the door.
func (d *door) admit(r *http.Request) error {
	if d.token == "" {
		// The address the server listens on is loopback, but a name that resolves to it
		// could have led somebody else's page here.
		if !loopback(r.Host) {
			return &refusal{http.StatusForbidden, "bad_host", "without a token, address the request to localhost or 127.0.0.1"}
		}
		return nil
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(d.token)) != 1 {
		return &refusal{http.StatusUnauthorized, "bad_token", "send the token: Authorization: Bearer <token>"}
	}
	return nil
}

// describe reads the source, the lane and the hints of a request.
func describe(r *http.Request) (bus.File, error) {
	f := bus.File{Source: r.PathValue("source"), Lane: article.Live, Header: nats.Header{}}
	if err := article.CheckSource(f.Source); err != nil {
		return f, &refusal{http.StatusBadRequest, "bad_source", err.Error()}
	}
	switch lane := article.Lane(r.URL.Query().Get("lane")); lane {
	case "", article.Live:
	case article.Backfill:
		f.Lane = lane
	default:
		return f, &refusal{http.StatusBadRequest, "bad_lane", fmt.Sprintf("lane %q: want live or backfill", lane)}
	}
	for _, name := range []string{
		article.HeaderContentType, article.HeaderContentEncoding, article.HeaderContentLocation,
		article.HeaderFilename, article.HeaderLanguage, article.HeaderPublished, article.HeaderRef, article.HeaderTrace, article.HeaderState,
	} {
		if v := r.Header.Get(name); v != "" {
			f.Header.Set(name, v)
		}
	}
	for name, v := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "ce-") {
			f.Header.Set(name, v[0])
		}
	}
	switch media, _, _ := mime.ParseMediaType(f.Header.Get(article.HeaderContentType)); media {
	case "application/x-www-form-urlencoded":
		f.Header.Del(article.HeaderContentType) // curl says so of anything
	case "multipart/form-data":
		return f, &refusal{http.StatusUnsupportedMediaType, "form", "send the file itself as the body: curl --data-binary @file"}
	}
	return f, nil
}

func tooLarge() error {
	return &refusal{
		http.StatusRequestEntityTooLarge, "too_large",
		fmt.Sprintf("the limit is %d MiB; split the file or send an archive's members one by one", bus.MaxFile>>20),
	}
}

// failure is the answer to an error of the inbox.
func failure(err error) *refusal {
	switch {
	case errors.Is(err, bus.ErrFull):
		return &refusal{http.StatusServiceUnavailable, reasonFull, "the inbox is full; send the file again later"}
	case errors.Is(err, bus.ErrDisk):
		return &refusal{http.StatusServiceUnavailable, reasonDisk, "the disk of the desk's server is full; send the file again later"}
	case errors.Is(err, bus.ErrTooLarge):
		return &refusal{http.StatusRequestEntityTooLarge, "too_large", err.Error()}
	}
	return &refusal{http.StatusServiceUnavailable, "unavailable", err.Error()}
}

func (d *door) refuse(w http.ResponseWriter, no *refusal) {
	d.m.requests.WithLabelValues(outcomeOf(no)).Inc()
	switch no.status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="copydesk"`)
	}
	answer(w, no.status, struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}{no.message, no.reason})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(view.JSONWriter(w)).Encode(body) // the sender may be gone; the file is where it is
}

// loopback reports whether an address, with or without a port, is this machine's
// own.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
