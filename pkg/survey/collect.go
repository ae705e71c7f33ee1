package survey

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// The labels are the exporter's. Two of them it has and we leave out: what a consumer's
// owner wrote about it, and when it was made; neither tells consumers apart.
var (
	serverLabels   = []string{"server_id", "server_name", "cluster", "domain", "meta_leader", "is_meta_leader"}
	streamLabels   = append(serverLabels[:len(serverLabels):len(serverLabels)], "account", "account_id", "stream_name", "stream_leader", "is_stream_leader")
	consumerLabels = append(streamLabels[:len(streamLabels):len(streamLabels)], "consumer_name", "consumer_leader", "is_consumer_leader")
)

// series is one of the exporter's metrics and where its value comes from; ok says
// whether there is one.
type series[T any] struct {
	desc  *prometheus.Desc
	value func(T) (v float64, ok bool)
}

func of[T any](name, help string, labels []string, value func(T) float64) series[T] {
	return series[T]{prometheus.NewDesc(name, help, labels, nil), func(t T) (float64, bool) { return value(t), true }}
}

var serverSeries = []series[*Server]{
	of("jetstream_server_jetstream_disabled", "1 when the server has no JetStream.", serverLabels, func(s *Server) float64 {
		if s.Disabled {
			return 1
		}
		return 0
	}),
	of("jetstream_server_total_streams", "Streams on the server.", serverLabels, func(s *Server) float64 { return float64(s.Streams) }),
	of("jetstream_server_total_consumers", "Consumers on the server.", serverLabels, func(s *Server) float64 { return float64(s.Consumers) }),
	of("jetstream_server_total_messages", "Messages stored on the server.", serverLabels, func(s *Server) float64 { return float64(s.Messages) }),
	of("jetstream_server_total_message_bytes", "Bytes stored on the server.", serverLabels, func(s *Server) float64 { return float64(s.Bytes) }),
	of("jetstream_server_max_memory", "Bytes of memory that streams may take, -1 for no limit.", serverLabels, func(s *Server) float64 { return float64(s.MaxMemory) }),
	of("jetstream_server_max_storage", "Bytes of disk that streams may take, -1 for no limit.", serverLabels, func(s *Server) float64 { return float64(s.MaxStorage) }),
}

var streamSeries = []series[*Stream]{
	of("jetstream_stream_total_messages", "Messages in a stream.", streamLabels, func(s *Stream) float64 { return float64(s.Messages) }),
	of("jetstream_stream_total_bytes", "Bytes in a stream.", streamLabels, func(s *Stream) float64 { return float64(s.Bytes) }),
	of("jetstream_stream_first_seq", "Sequence of the first message in a stream.", streamLabels, func(s *Stream) float64 { return float64(s.FirstSeq) }),
	of("jetstream_stream_last_seq", "Sequence of the last message in a stream.", streamLabels, func(s *Stream) float64 { return float64(s.LastSeq) }),
	of("jetstream_stream_consumer_count", "Consumers of a stream.", streamLabels, func(s *Stream) float64 { return float64(s.ConsumerCount) }),
}

var consumerSeries = []series[*Consumer]{
	of("jetstream_consumer_num_pending", "Messages a consumer has not delivered.", consumerLabels, func(c *Consumer) float64 { return float64(c.NumPending) }),
	of("jetstream_consumer_num_ack_pending", "Messages delivered and not acknowledged.", consumerLabels, func(c *Consumer) float64 { return float64(c.NumAckPending) }),
	of("jetstream_consumer_num_redelivered", "Messages delivered more than once and not acknowledged.", consumerLabels, func(c *Consumer) float64 { return float64(c.NumRedelivered) }),
	of("jetstream_consumer_num_waiting", "Pulls waiting for messages.", consumerLabels, func(c *Consumer) float64 { return float64(c.NumWaiting) }),
	of("jetstream_consumer_delivered_stream_seq", "Stream sequence of the last message delivered.", consumerLabels, func(c *Consumer) float64 { return float64(c.Delivered.Stream) }),
	of("jetstream_consumer_delivered_consumer_seq", "Count of deliveries.", consumerLabels, func(c *Consumer) float64 { return float64(c.Delivered.Consumer) }),
	of("jetstream_consumer_ack_floor_stream_seq", "Stream sequence up to which everything is acknowledged.", consumerLabels, func(c *Consumer) float64 { return float64(c.AckFloor.Stream) }),
	of("jetstream_consumer_ack_floor_consumer_seq", "Count of deliveries up to which everything is acknowledged.", consumerLabels, func(c *Consumer) float64 { return float64(c.AckFloor.Consumer) }),
	{
		prometheus.NewDesc("jetstream_consumer_last_delivery_seconds", "Seconds since the last delivery; missing before the first.", consumerLabels, nil),
		func(c *Consumer) (float64, bool) { return c.since(c.Delivered) },
	},
	{
		prometheus.NewDesc("jetstream_consumer_last_ack_seconds", "Seconds since the last acknowledgement; missing before the first.", consumerLabels, nil),
		func(c *Consumer) (float64, bool) { return c.since(c.AckFloor) },
	},
}

func (c *Consumer) since(p Place) (float64, bool) {
	if p.Last == nil {
		return 0, false
	}
	return max(c.Seen.Sub(*p.Last), 0).Seconds(), true
}

// Describe implements prometheus.Collector.
func (s *Survey) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range serverSeries {
		ch <- m.desc
	}
	for _, m := range streamSeries {
		ch <- m.desc
	}
	for _, m := range consumerSeries {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector. It shows what the last look saw.
func (s *Survey) Collect(ch chan<- prometheus.Metric) {
	state := s.last.Load()
	if state == nil {
		return
	}
	sv := &state.Server
	labels := []string{sv.ID, sv.Name, sv.Cluster, sv.Domain, sv.MetaLeader, leads(sv.MetaLeader, sv.Name)}
	send(ch, serverSeries, sv, labels)
	for i := range state.Streams {
		st := &state.Streams[i]
		labels := append(labels[:len(labels):len(labels)], st.Account, st.AccountID, st.Name, st.Leader, leads(st.Leader, sv.Name))
		send(ch, streamSeries, st, labels)
		for j := range st.Consumers {
			c := &st.Consumers[j]
			send(ch, consumerSeries, c, append(labels[:len(labels):len(labels)], c.Name, c.Leader, leads(c.Leader, sv.Name)))
		}
	}
}

func send[T any](ch chan<- prometheus.Metric, list []series[T], t T, labels []string) {
	for _, m := range list {
		if v, ok := m.value(t); ok {
			ch <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, v, labels...)
		}
	}
}

// leads says whether a server leads: one without a cluster does, as in the exporter.
func leads(leader, server string) string { return strconv.FormatBool(leader == "" || leader == server) }
