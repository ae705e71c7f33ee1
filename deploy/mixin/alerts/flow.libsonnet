// Whether articles move.
{
  local c = $._config {
    sel: 'job="%s"' % $._config.job,
    // Old material may wait: it never delays live news, and its own consumer is held
    // back on purpose.
    live: 'job="%s", stream!="ARTICLES_BACKFILL"' % $._config.job,
    jetstream: 'job="%s", stream_name=~"ARTICLES_.+", stream_name!="ARTICLES_BACKFILL", consumer_name=~"%s"' % [$._config.job, std.join('|', $._config.stages)],
  },
  local waits(job) = {
    'copydesk_consumer_pending_messages{job="copydesk", instance="a", stream="ARTICLES_UNIQUE", consumer="entities"}': '40x60',
    'copydesk_consumer_ack_pending_messages{job="copydesk", instance="a", stream="ARTICLES_UNIQUE", consumer="entities"}': '2x60',
  },
  local jetstream(stream, consumer, metric) = 'jetstream_consumer_%s{job="copydesk", instance="a", stream_name="%s", consumer_name="%s"}' % [metric, stream, consumer],

  _alerts+:: {
    flow: [
      {
        name: 'CopydeskLagHigh',
        summary: 'Articles wait too long before {{ $labels.consumer }}.',
        description: 'The oldest message of {{ $labels.stream }} that {{ $labels.consumer }} has not finished is {{ $value | humanizeDuration }} old.',
        local expr(seconds) = 'max by (job, stream, consumer) (copydesk_consumer_oldest_pending_age_seconds{%s}) > %d' % [c.live, seconds],
        variants: [
          { severity: 'warning', wait: '5m', expr: expr(c.lagWarningSeconds) },
          { severity: 'critical', wait: '5m', expr: expr(c.lagCriticalSeconds) },
        ],
        local age = 'copydesk_consumer_oldest_pending_age_seconds{job="copydesk", instance="%s", stream="%s", consumer="%s"}',
        tests: [
          {
            name: 'two minutes for a while, told by two processes',
            series: {
              [age % ['a', 'ARTICLES_UNIQUE', 'entities']]: '0x4 120x40',
              [age % ['b', 'ARTICLES_UNIQUE', 'entities']]: '0x4 119x40',
            },
            at: '8m',
            fires: [{ labels: { job: 'copydesk', stream: 'ARTICLES_UNIQUE', consumer: 'entities' }, value: '2m 0s' }],
          },
          {
            name: 'ten minutes are critical as well',
            series: { [age % ['a', 'ARTICLES_INBOX', 'ingest']]: '600x40' },
            at: '8m',
            fires: [
              { labels: { job: 'copydesk', stream: 'ARTICLES_INBOX', consumer: 'ingest' }, value: '10m 0s' },
              { variant: 1, labels: { job: 'copydesk', stream: 'ARTICLES_INBOX', consumer: 'ingest' }, value: '10m 0s' },
            ],
          },
          {
            name: 'a peak that is over, and backfill',
            series: {
              [age % ['a', 'ARTICLES_UNIQUE', 'entities']]: '0x4 120x8 1x40',
              [age % ['a', 'ARTICLES_BACKFILL', 'ingest']]: '86400x40',
            },
            at: '8m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskStalled',
        summary: '{{ $labels.stage }} has work and finishes none.',
        description: '{{ $value }} messages wait for {{ $labels.stage }}, and none was finished in the last %s.' % c.rateWindow,
        variants: [{
          severity: 'critical',
          wait: '5m',
          expr: |||
            max by (job, stage) (
              label_replace(
                copydesk_consumer_pending_messages{%(live)s} + copydesk_consumer_ack_pending_messages{%(live)s},
                "stage", "$1", "consumer", "(.+)"
              )
            ) > 0
            and
            sum by (job, stage) (rate(copydesk_stage_messages_total{%(sel)s, outcome!~"retry|later"}[%(rateWindow)s])) == 0
          ||| % c,
        }],
        tests: [
          {
            name: 'entities only retries',
            series: waits('copydesk') {
              'copydesk_stage_messages_total{job="copydesk", instance="a", stage="entities", outcome="ok"}': '100x60',
              'copydesk_stage_messages_total{job="copydesk", instance="a", stage="entities", outcome="retry"}': '0+1x60',
            },
            at: '12m',
            fires: [{ labels: { job: 'copydesk', stage: 'entities' }, value: '42' }],
          },
          {
            name: 'a backlog that gets shorter',
            series: waits('copydesk') {
              'copydesk_stage_messages_total{job="copydesk", instance="a", stage="entities", outcome="ok"}': '0+10x60',
            },
            at: '12m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskPullStall',
        summary: 'Nobody asks for the work of {{ $labels.consumer_name }}.',
        description: '{{ $value }} messages of {{ $labels.stream_name }} wait, no pull of {{ $labels.consumer_name }} does, and none is being worked on. A worker is gone, or its pulls are lost.',
        variants: [{
          severity: 'warning',
          wait: '1m',
          // While a stage works through a backlog its pulls are answered at once and none
          // waits, so this alone is no stall: it is one when nothing is being worked on.
          expr: |||
            max by (job, stream_name, consumer_name) (jetstream_consumer_num_pending{%(jetstream)s}) > 0
            and
            max by (job, stream_name, consumer_name) (jetstream_consumer_num_waiting{%(jetstream)s}) == 0
            and
            max by (job, stream_name, consumer_name) (jetstream_consumer_num_ack_pending{%(jetstream)s}) == 0
          ||| % c,
        }],
        tests: [
          {
            name: 'no pull waits and nothing is worked on',
            series: {
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_pending')]: '7x20',
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_waiting')]: '0x20',
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_ack_pending')]: '0x20',
            },
            at: '3m',
            fires: [{ labels: { job: 'copydesk', stream_name: 'ARTICLES_UNIQUE', consumer_name: 'entities' }, value: '7' }],
          },
          {
            name: 'a busy stage, a reader of somebody else, a backfill that is held back',
            series: {
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_pending')]: '700x20',
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_waiting')]: '0x20',
              [jetstream('ARTICLES_UNIQUE', 'entities', 'num_ack_pending')]: '512x20',
              [jetstream('ARTICLES_ENRICHED', 'archive', 'num_pending')]: '700x20',
              [jetstream('ARTICLES_ENRICHED', 'archive', 'num_waiting')]: '0x20',
              [jetstream('ARTICLES_ENRICHED', 'archive', 'num_ack_pending')]: '0x20',
              [jetstream('ARTICLES_BACKFILL', 'ingest', 'num_pending')]: '700x20',
              [jetstream('ARTICLES_BACKFILL', 'ingest', 'num_waiting')]: '0x20',
              [jetstream('ARTICLES_BACKFILL', 'ingest', 'num_ack_pending')]: '0x20',
            },
            at: '3m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskSaturated',
        summary: '{{ $labels.stage }} works at its limit.',
        description: '{{ $labels.stage }} has used {{ $value | humanizePercentage }} of what it may for a while: of its calls, or of the messages that its consumer may have out. If articles wait (CopydeskLagHigh), it needs more processes or processors.',
        variants: [{
          severity: 'warning',
          wait: '10m',
          expr: |||
            sum by (job, stage) (copydesk_stage_running_calls{%(sel)s})
            /
            sum by (job, stage) (copydesk_stage_concurrency_limit{%(sel)s})
            >= %(saturation)g
            or
            max by (job, stage) (
              label_replace(
                copydesk_consumer_ack_pending_messages{%(sel)s} / copydesk_consumer_max_ack_pending_messages{%(sel)s},
                "stage", "$1", "consumer", "(.+)"
              )
            ) >= %(saturation)g
          ||| % c,
        }],
        local calls = 'copydesk_stage_running_calls{job="copydesk", instance="a", stage="entities"}',
        local limit = 'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="entities"}',
        local out = 'copydesk_consumer_ack_pending_messages{job="copydesk", instance="a", stream="ARTICLES_UNIQUE", consumer="entities"}',
        local may = 'copydesk_consumer_max_ack_pending_messages{job="copydesk", instance="a", stream="ARTICLES_UNIQUE", consumer="entities"}',
        tests: [
          {
            name: 'a busy stage for a quarter of an hour',
            series: { [calls]: '4x80', [limit]: '4x80', [out]: '80x80', [may]: '2048x80' },
            at: '15m',
            fires: [{ labels: { job: 'copydesk', stage: 'entities' }, value: '100%' }],
          },
          {
            name: 'so many processes that the server holds messages back',
            series: { [calls]: '2x80', [limit]: '4x80', [out]: '2048x80', [may]: '2048x80' },
            at: '15m',
            fires: [{ labels: { job: 'copydesk', stage: 'entities' }, value: '100%' }],
          },
          { name: 'half of it', series: { [calls]: '2x80', [limit]: '4x80', [out]: '80x80', [may]: '2048x80' }, at: '15m', fires: [] },
        ],
      },
      {
        name: 'CopydeskSourceSilent',
        summary: 'The source {{ $labels.source }} is silent.',
        description: 'Nothing has come from {{ $labels.source }} for {{ $value | humanizeDuration }}.',
        variants: [{
          severity: 'warning',
          wait: '5m',
          expr: 'time() - max by (job, source) (copydesk_source_last_seen_timestamp_seconds{%(sel)s}) > %(silentSeconds)d' % c,
        }],
        local seen = 'copydesk_source_last_seen_timestamp_seconds{job="copydesk", instance="a", source="%s"}',
        tests: [
          {
            // The clock of a test starts at 0.
            name: 'seven hours without news from one of two',
            interval: '1m',
            series: { [seen % 'ap']: '0x420', [seen % 'dpa']: '0+60x420' },
            at: '7h',
            fires: [{ labels: { job: 'copydesk', source: 'ap' }, value: '7h 0m 0s' }],
          },
          { name: 'an hour', interval: '1m', series: { [seen % 'ap']: '0x420' }, at: '1h', fires: [] },
        ],
      },
    ],
  },
}
