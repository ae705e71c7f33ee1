package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/copydesk/copydesk/pkg/article"
)

// File is one file on its way into the inbox.
type File struct {
	Source string // see article.CheckSource
	Lane   article.Lane
	Data   []byte
	// Header holds the sender's hints: article.HeaderContentType and the others.
	Header nats.Header
}

// Intake puts files into the inbox: the one road for drop, the HTTP door and
// process.
type Intake struct {
	pub     *Publisher
	blobs   *Blobs
	trouble func() error
}

// NewIntake returns an intake over a publisher and the blob bucket.
func NewIntake(pub *Publisher, blobs *Blobs) *Intake {
	return &Intake{pub, blobs, func() error { return nil }}
}

// Heed has Put refuse files with ErrDisk while a function returns an error: a server
// whose disk is full does not say so itself, it does not answer. It may not be called
// beside Put.
func (in *Intake) Heed(trouble func() error) { in.trouble = trouble }

// room returns an ErrDisk while nothing can be stored.
func (in *Intake) room() error {
	if err := in.trouble(); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return nil
}

const (
	// resends is for how many of the publisher's timeouts Put publishes again when no
	// answer comes. At 5 s that is longer than a cluster takes to elect a leader, 4 to
	// 9 s, and stays well inside the duplicate window, so the same id cannot be stored
	// twice.
	resends = 6
	// stuck is for how many of the publisher's timeouts an id may be "in process" before
	// Put takes another. A node that loses the lead of a stream may keep ids of messages
	// that it never got agreed upon, and refuses them for the whole duplicate window, 10
	// minutes, when it leads again (nats-server 2.15.2 clears them from the newest
	// backwards, up to the first that was agreed upon). By then any message that was really
	// in process is stored or gone: a leader without a majority gives up after 10 s.
	stuck = 4
	// resendPause is the pause where the server said at once that nobody is there.
	resendPause = 250 * time.Millisecond
)

// Put stores a file and returns the inbox's answer. Each call uses a fresh message
// id, so the same bytes put twice are two files; an answer that does not come is
// asked for again under the same id. A file over MaxFile returns ErrTooLarge and an
// inbox without room ErrFull, a full disk ErrDisk: nothing of it is kept then. It is safe for concurrent
// use; many callers share the publisher's window.
func (in *Intake) Put(ctx context.Context, f File) (Ack, error) {
	if err := article.CheckSource(f.Source); err != nil {
		return Ack{}, err
	}
	if len(f.Data) > MaxFile {
		return Ack{}, fmt.Errorf("%w: %d bytes, the limit is %d MiB; split it or drop an archive's members one by one", ErrTooLarge, len(f.Data), MaxFile>>20)
	}
	if err := in.room(); err != nil {
		return Ack{}, err
	}
	header := nats.Header{nats.MsgIdHdr: {freshID()}}
	for k, v := range f.Header {
		header[k] = v
	}
	data := f.Data
	if len(data) > MaxInlineFile {
		ref, err := in.blobs.Put(ctx, data)
		if err != nil {
			return Ack{}, err
		}
		header.Set(article.HeaderBlob, ref)
		data = nil
	}
	ack, err := in.publish(ctx, f, header, data)
	if ref := header.Get(article.HeaderBlob); ref != "" && err != nil && !errors.Is(err, ErrNoAck) {
		// Refused, so nothing will ever refer to the blob. One that cannot be removed goes
		// when its bucket's time is over.
		_ = in.blobs.Drop(context.WithoutCancel(ctx), ref)
	}
	return ack, err
}

// freshID is a message id of a file.
func freshID() string { return "drop/" + nuid.Next() }

// publish publishes a file's message until the server has answered.
func (in *Intake) publish(ctx context.Context, f File, header nats.Header, data []byte) (Ack, error) {
	var inProcess time.Time // since when the server has said nothing else
	for end := time.Now().Add(resends * in.pub.opts.Timeout); ; {
		m := &nats.Msg{Subject: article.InboxSubject(f.Lane, f.Source), Header: header, Data: data}
		ack, err := in.pub.PublishWait(ctx, m)
		if errors.Is(err, ErrNoAck) && refused(in.pub.nc, m.Subject) {
			return ack, &NotAllowedError{Act: "put files into " + m.Subject, Subject: m.Subject, cause: err}
		}
		if !errors.Is(err, ErrNoAck) || time.Now().After(end) || ctx.Err() != nil {
			return ack, err
		}
		switch {
		case !errors.Is(err, ErrInProcess):
			inProcess = time.Time{}
		case inProcess.IsZero():
			inProcess = time.Now()
		case time.Since(inProcess) > stuck*in.pub.opts.Timeout:
			header.Set(nats.MsgIdHdr, freshID())
		}
		if full := in.room(); full != nil {
			return ack, fmt.Errorf("%w; %w", full, err) // and it may be stored all the same
		}
		select {
		case <-time.After(resendPause):
		case <-ctx.Done():
			return ack, err
		}
	}
}
