package natsembed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/copydesk/copydesk/pkg/survey"
)

// Survey is a survey.Source: it asks the server itself, not over a connection.
func (s *Server) Survey(_ context.Context, streams []string) (*survey.State, error) {
	srv := s.running()
	z, err := srv.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true, Config: true})
	if err != nil {
		return nil, fmt.Errorf("ask the embedded server for its streams: %w", err)
	}
	state := &survey.State{Server: survey.Server{
		ID: z.ID, Name: srv.Name(), Domain: z.Config.Domain, Disabled: z.Disabled || s.Trouble() != nil,
		Streams: z.Streams, Consumers: z.Consumers, Messages: z.Messages, Bytes: z.Bytes,
		MaxMemory: z.Config.MaxMemory, MaxStorage: z.Config.MaxStore,
	}}
	for _, account := range z.AccountDetails {
		for _, d := range account.Streams {
			if slices.Contains(streams, d.Name) {
				state.Streams = append(state.Streams, streamOf(account, &d))
			}
		}
	}
	return state, nil
}

func streamOf(account *server.AccountDetail, d *server.StreamDetail) survey.Stream {
	st := survey.Stream{
		Account: account.Name, AccountID: account.Id, Name: d.Name,
		Messages: d.State.Msgs, Bytes: d.State.Bytes, FirstSeq: d.State.FirstSeq, LastSeq: d.State.LastSeq,
		ConsumerCount: d.State.Consumers,
	}
	if d.Config != nil {
		st.MaxBytes = d.Config.MaxBytes
	}
	for _, c := range d.Consumer {
		out := survey.Consumer{
			Name: c.Name, NumPending: c.NumPending, NumAckPending: c.NumAckPending, NumRedelivered: c.NumRedelivered, NumWaiting: c.NumWaiting,
			Delivered: survey.Place{Consumer: c.Delivered.Consumer, Stream: c.Delivered.Stream, Last: c.Delivered.Last},
			AckFloor:  survey.Place{Consumer: c.AckFloor.Consumer, Stream: c.AckFloor.Stream, Last: c.AckFloor.Last},
			Seen:      c.TimeStamp,
		}
		if out.Seen.IsZero() {
			out.Seen = time.Now()
		}
		if c.Config != nil {
			out.Durable = c.Config.Durable != ""
		}
		st.Consumers = append(st.Consumers, out)
	}
	return st
}
