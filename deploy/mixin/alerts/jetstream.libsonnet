// The server: redeliveries, storage, given-up messages.
{
  local c = $._config { sel: 'job="%s"' % $._config.job },

  _alerts+:: {
    jetstream: [
      {
        name: 'CopydeskRedeliveryStorm',
        summary: '{{ $labels.stage }} gets the same messages again and again.',
        description: '{{ $value | humanizePercentage }} of the deliveries to {{ $labels.stage }} are of messages it had before.',
        variants: [{
          severity: 'warning',
          wait: '1m',
          expr: |||
            sum by (job, stage) (rate(copydesk_stage_redeliveries_total{%(sel)s}[%(rateWindow)s]))
            /
            sum by (job, stage) (rate(copydesk_stage_messages_total{%(sel)s}[%(rateWindow)s]))
            > %(redeliveryRatio)g
            and
            sum by (job, stage) (increase(copydesk_stage_redeliveries_total{%(sel)s}[%(rateWindow)s])) > %(redeliveryCount)d
          ||| % c,
        }],
        local again = 'copydesk_stage_redeliveries_total{job="copydesk", instance="a", stage="entities"}',
        local messages = 'copydesk_stage_messages_total{job="copydesk", instance="a", stage="entities", outcome="ok"}',
        tests: [
          {
            name: 'half of what is delivered was delivered before',
            series: { [again]: '0+10x40', [messages]: '0+20x40' },
            at: '8m',
            fires: [{ labels: { job: 'copydesk', stage: 'entities' }, value: '50%' }],
          },
          { name: 'one in a hundred', series: { [again]: '0+1x40', [messages]: '0+100x40' }, at: '8m', fires: [] },
          { name: 'a handful after a restart', series: { [again]: '0x20 5x20', [messages]: '0x20 5x20' }, at: '8m', fires: [] },
        ],
      },
      {
        name: 'CopydeskStoreRefuses',
        summary: 'The server stores nothing.',
        description: 'The server has no JetStream, or a write to its disk failed: the disk is full. Nothing moves and senders are turned away. An embedded server starts again by itself once there is room.',
        variants: [{ severity: 'critical', wait: '1m', expr: 'max by (job) (jetstream_server_jetstream_disabled{%(sel)s}) == 1' % c }],
        local off = 'jetstream_server_jetstream_disabled{job="copydesk", instance="a"}',
        tests: [
          { name: 'a write failed', series: { [off]: '0x4 1x20' }, at: '3m', fires: [{ labels: { job: 'copydesk' } }] },
          { name: 'it was started again at once', series: { [off]: '0x4 1x2 0x20' }, at: '3m', fires: [] },
        ],
      },
      {
        name: 'CopydeskStoragePressure',
        summary: '{{ $labels.stream }} is nearly full.',
        description: '{{ $labels.stream }} holds {{ $value | humanizePercentage }} of what it may. Full, it refuses: the stage before it waits, and a full inbox turns senders away.',
        local expr(ratio) = |||
          max by (job, stream) (copydesk_stream_fill_ratio{%(sel)s}) > %(ratio)g
          or
          label_replace(
            max by (job) (jetstream_server_total_message_bytes{%(sel)s})
            /
            (max by (job) (jetstream_server_max_storage{%(sel)s}) > 0),
            "stream", "the server", "", ""
          ) > %(ratio)g
        ||| % (c { ratio: ratio }),
        variants: [
          { severity: 'warning', wait: '10m', expr: expr(c.fillWarning) },
          { severity: 'critical', wait: '10m', expr: expr(c.fillCritical) },
        ],
        local fill = 'copydesk_stream_fill_ratio{job="copydesk", instance="a", stream="ARTICLES_INBOX"}',
        local bytes = 'jetstream_server_total_message_bytes{job="copydesk", instance="a"}',
        local max = 'jetstream_server_max_storage{job="copydesk", instance="a"}',
        tests: [
          {
            name: 'a stream is at 90 %',
            series: { [fill]: '0.9x80' },
            at: '15m',
            fires: [{ labels: { job: 'copydesk', stream: 'ARTICLES_INBOX' }, value: '90%' }],
          },
          {
            name: 'the server is at 97 %',
            series: { [fill]: '0.5x80', [bytes]: '97x80', [max]: '100x80' },
            at: '15m',
            fires: [
              { labels: { job: 'copydesk', stream: 'the server' }, value: '97%' },
              { variant: 1, labels: { job: 'copydesk', stream: 'the server' }, value: '97%' },
            ],
          },
          { name: 'half full, and a server without a limit', series: { [fill]: '0.5x80', [bytes]: '97x80', [max]: '-1x80' }, at: '15m', fires: [] },
        ],
      },
      {
        name: 'CopydeskMaxDeliveries',
        summary: 'The server gave up on messages of {{ $labels.consumer }}.',
        description: 'About {{ $value | humanize }} messages of {{ $labels.stream }} will not be delivered to {{ $labels.consumer }} again. copydesk sets no limit of deliveries: somebody changed the consumer.',
        variants: [{
          severity: 'critical',
          wait: '0m',
          expr: 'sum by (job, stream, consumer) (increase(copydesk_jetstream_advisories_total{%(sel)s, kind="max_deliveries"}[%(eventWindow)s])) > 0' % c,
        }],
        local advisories = 'copydesk_jetstream_advisories_total{job="copydesk", instance="a", stream="ARTICLES_UNIQUE", consumer="entities", kind="%s"}',
        tests: [
          {
            name: 'two were given up',
            series: { [advisories % 'max_deliveries']: '0x20 2x60', [advisories % 'naked']: '0x80' },
            at: '15m',
            fires: [{ labels: { job: 'copydesk', stream: 'ARTICLES_UNIQUE', consumer: 'entities' }, value: '2' }],
          },
          { name: 'messages were given back', series: { [advisories % 'max_deliveries']: '0x80', [advisories % 'naked']: '0+3x80' }, at: '15m', fires: [] },
        ],
      },
    ],
  },
}
