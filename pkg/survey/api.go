package survey

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// API is a Source for a server elsewhere, by the JetStream API. What it says of the
// server is what the connection's account may see: its own streams, its own limits.
func API(nc *nats.Conn, js jetstream.JetStream) Source {
	return func(ctx context.Context, streams []string) (*State, error) {
		account, err := js.AccountInfo(ctx)
		if err != nil {
			return nil, fmt.Errorf("read account: %w", err)
		}
		state := &State{Server: Server{
			ID: nc.ConnectedServerId(), Name: nc.ConnectedServerName(), Cluster: nc.ConnectedClusterName(), Domain: account.Domain,
			Streams: account.Streams, Consumers: account.Consumers, Bytes: account.Store + account.Memory,
			MaxMemory: account.Limits.MaxMemory, MaxStorage: account.Limits.MaxStore,
		}}
		for _, name := range streams {
			st, err := readStream(ctx, js, name)
			if errors.Is(err, jetstream.ErrStreamNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			state.Server.Messages += st.Messages
			state.Streams = append(state.Streams, *st)
		}
		return state, nil
	}
}

func readStream(ctx context.Context, js jetstream.JetStream, name string) (*Stream, error) {
	s, err := js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", name, err)
	}
	info := s.CachedInfo()
	st := &Stream{
		Name: name, Messages: info.State.Msgs, Bytes: info.State.Bytes, FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq,
		ConsumerCount: info.State.Consumers, MaxBytes: info.Config.MaxBytes,
	}
	if info.Cluster != nil {
		st.Leader = info.Cluster.Leader
	}
	if st.ConsumerCount == 0 {
		return st, nil
	}
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		out := Consumer{
			Name: c.Name, Durable: c.Config.Durable != "",
			NumPending: c.NumPending, NumAckPending: c.NumAckPending, NumRedelivered: c.NumRedelivered, NumWaiting: c.NumWaiting,
			Delivered: Place{c.Delivered.Consumer, c.Delivered.Stream, c.Delivered.Last},
			AckFloor:  Place{c.AckFloor.Consumer, c.AckFloor.Stream, c.AckFloor.Last},
			Seen:      c.TimeStamp,
		}
		if c.Cluster != nil {
			out.Leader = c.Cluster.Leader
		}
		st.Consumers = append(st.Consumers, out)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list consumers of %s: %w", name, err)
	}
	return st, nil
}
