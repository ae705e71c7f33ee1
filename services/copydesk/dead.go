package main

import (
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/copydesk/copydesk/pkg/article"
)

// deadOf reads a dead letter off its subject: the input is the message, the rest is
// in its headers.
func deadOf(subject string, h nats.Header, data []byte) *article.Dead {
	d := &article.Dead{
		Schema:   article.DeadSchemaV1,
		Item:     h.Get(article.HeaderItem),
		Stage:    article.SourceOf(subject),
		Reason:   h.Get(article.HeaderReason),
		Class:    article.Class(h.Get(article.HeaderClass)),
		Error:    h.Get(article.HeaderError),
		Attempts: number[int](h, article.HeaderAttempts),
		Origin: article.Origin{
			Stream:  h.Get(article.HeaderOriginStream),
			Subject: h.Get(article.HeaderOriginSubject),
			Seq:     number[uint64](h, article.HeaderOriginSeq),
			Index:   number[int](h, article.HeaderIndex),
			Count:   number[int](h, article.HeaderCount),
		},
		Source: h.Get(article.HeaderSource),
		Lane:   article.Lane(h.Get(article.HeaderLane)),
	}
	if ref := h.Get(article.HeaderBlob); ref != "" && len(data) == 0 {
		d.Blob = &ref
	} else {
		d.SetInput(data)
	}
	if a, err := article.Decode(data); err == nil {
		d.Received = &a.Received
	} else if at, err := time.Parse(time.RFC3339Nano, h.Get(article.HeaderReceived)); err == nil {
		d.Received = &at
	}
	return d
}

func number[T int | uint64](h nats.Header, name string) T {
	n, err := strconv.ParseUint(h.Get(name), 10, 63)
	if err != nil {
		return 0
	}
	return T(n)
}
