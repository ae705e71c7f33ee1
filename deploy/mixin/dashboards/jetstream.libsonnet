// JetStream: streams, consumers, storage. Every ingest process reports the same, hence
// max by (stream, consumer), never sum.
local b = import 'board.libsonnet';
{
  local stream(metric) = 'max by (stream_name) (jetstream_stream_%s{%%(sel)s, stream_name=~"$stream"})' % metric,
  local consumer(metric) = 'max by (stream_name, consumer_name) (jetstream_consumer_%s{%%(sel)s, stream_name=~"$stream"})' % metric,
  local legend = '{{consumer_name}} of {{stream_name}}',

  grafanaDashboards+:: {
    'jetstream.json': b.board(
      'copydesk / JetStream',
      'copydesk-jetstream',
      'Streams and consumers as the NATS server sees them, and what it stores.',
      tags=$._config.tags,
      variables=[b.variable('stream', 'Stream', 'label_values(jetstream_stream_total_messages{job=~"$job"}, stream_name)')],
      lines=[
        [
          b.stat('Streams', 'Streams on the server, or of the account.', 'short', 'max(jetstream_server_total_streams{%(sel)s})', spark=false),
          b.stat('Consumers', 'Consumers on the server, or of the account.', 'short', 'max(jetstream_server_total_consumers{%(sel)s})', spark=false),
          b.stat('Messages', 'Messages stored.', 'short', 'max(jetstream_server_total_messages{%(sel)s})'),
          b.stat('Stored', 'Bytes stored.', 'bytes', 'max(jetstream_server_total_message_bytes{%(sel)s})'),
          b.stat('Storage limit', 'Bytes of disk that streams may take; -1 for no limit.', 'bytes', 'max(jetstream_server_max_storage{%(sel)s})', spark=false),
          b.stat('Fullest stream', 'Bytes in the fullest stream over the most it takes.', 'percentunit', 'max(copydesk_stream_fill_ratio{%(sel)s})', thresholds=['green', $._config.fillWarning, 'orange', $._config.fillCritical, 'red'], decimals=1),
          b.stat('Connections', 'Connections to NATS that stand.', 'short', 'sum(copydesk_nats_connected{%(sel)s})'),
          b.stat('JetStream off', '1 when the server has no JetStream.', 'short', 'max(jetstream_server_jetstream_disabled{%(sel)s})', thresholds=['green', 1, 'red'], spark=false),
        ],
        [b.row('Streams')],
        [
          b.graph('Written', 'Messages stored per second.', 'cps', [['{{stream_name}}', 'max by (stream_name) (rate(jetstream_stream_last_seq{%(sel)s, stream_name=~"$stream"}[$__rate_interval]))']]),
          b.graph('Messages', 'Messages in each stream.', 'short', [['{{stream_name}}', stream('total_messages')]]),
          b.graph('Fill', 'Bytes in each stream over the most it takes. At 1 it refuses, and the stage before it waits.', 'percentunit', [['{{stream}}', 'max by (stream) (copydesk_stream_fill_ratio{%(sel)s, stream=~"$stream"})']], max=1),
        ],
        [
          b.graph('Bytes', 'Bytes in each stream.', 'bytes', [['{{stream_name}}', stream('total_bytes')]], stack=true),
          b.graph('Trimmed', 'Messages trimmed per second: how fast the first message moves on.', 'cps', [['{{stream_name}}', 'max by (stream_name) (rate(jetstream_stream_first_seq{%(sel)s, stream_name=~"$stream"}[$__rate_interval]))']]),
          b.graph('Consumers of each stream', 'Consumers, those without a name included.', 'short', [['{{stream_name}}', stream('consumer_count')]]),
        ],
        [b.row('Consumers')],
        [
          b.graph('Pending', 'Messages a consumer has not delivered.', 'short', [[legend, consumer('num_pending')]]),
          b.graph('Not acknowledged', 'Messages delivered and not acknowledged.', 'short', [[legend, consumer('num_ack_pending')]]),
          b.graph('Redelivered', 'Messages delivered more than once and not acknowledged.', 'short', [[legend, consumer('num_redelivered')]]),
        ],
        [
          b.graph('Pulls', 'Pulls that wait for messages. None, with messages pending and none being worked on, is a stall; none while a backlog is worked off is not.', 'short', [[legend, consumer('num_waiting')]]),
          b.graph('Delivered', 'Deliveries per second, and those acknowledged.', 'cps', [
            ['{{consumer_name}} of {{stream_name}}', 'max by (stream_name, consumer_name) (rate(jetstream_consumer_delivered_consumer_seq{%(sel)s, stream_name=~"$stream"}[$__rate_interval]))'],
            ['{{consumer_name}} of {{stream_name}}, acknowledged', 'max by (stream_name, consumer_name) (rate(jetstream_consumer_ack_floor_consumer_seq{%(sel)s, stream_name=~"$stream"}[$__rate_interval]))'],
          ]),
          b.graph('Held up', 'Messages between the last one delivered and the first one not acknowledged: one slow message holds the floor.', 'short', [[legend, consumer('delivered_stream_seq') + ' - ' + consumer('ack_floor_stream_seq')]]),
        ],
        [
          b.graph('Last activity', 'Seconds since a consumer last delivered and last had an acknowledgement.', 's', [
            [legend + ', delivery', consumer('last_delivery_seconds')],
            [legend + ', acknowledgement', consumer('last_ack_seconds')],
          ]),
          b.graph('Advisories', 'What the server reported, per minute: messages given back (naked), ended without success (terminated), given up (max_deliveries: never, unless somebody changed a consumer).', 'cpm', [
            ['{{kind}}, {{consumer}} of {{stream}}', 'sum by (stream, consumer, kind) (rate(copydesk_jetstream_advisories_total{%(sel)s}[$__rate_interval])) * 60'],
          ]),
          b.graph('Connections', 'Reconnects to NATS per minute, by what the connection is for.', 'cpm', [['{{instance}} {{connection}}', 'sum by (instance, connection) (rate(copydesk_nats_reconnects_total{%(sel)s}[$__rate_interval])) * 60']], w=4),
          b.stat('Failed looks', 'Times the streams could not be looked at, in the time shown. This board is then out of date.', 'short', 'sum(increase(copydesk_survey_errors_total{%(sel)s}[$__range]))', w=2, h=8, thresholds=['green', 1, 'orange'], decimals=0, spark=false),
          b.stat('Not shown', 'Consumers that are not shown because there are too many.', 'short', 'max(copydesk_survey_consumers_left_out{%(sel)s})', w=2, h=8, spark=false),
        ],
      ],
    ),
  },
}
