// What becomes of articles: retries, deaths, rejects, the ledger.
{
  local c = $._config { sel: 'job="%s"' % $._config.job },

  _alerts+:: {
    quality: [
      {
        name: 'CopydeskRetryRatioHigh',
        summary: '{{ $labels.stage }} fails and tries again too often.',
        description: '{{ $value | humanizePercentage }} of the deliveries to {{ $labels.stage }} end in another try.',
        variants: [{
          severity: 'warning',
          wait: '10m',
          expr: |||
            sum by (job, stage) (rate(copydesk_stage_messages_total{%(sel)s, outcome="retry"}[%(rateWindow)s]))
            /
            sum by (job, stage) (rate(copydesk_stage_messages_total{%(sel)s}[%(rateWindow)s]))
            > %(retryRatio)g
          ||| % c,
        }],
        local messages = 'copydesk_stage_messages_total{job="copydesk", instance="a", stage="summarize", outcome="%s"}',
        tests: [
          {
            name: 'one in five',
            series: { [messages % 'ok']: '0+80x80', [messages % 'retry']: '0+20x80' },
            at: '17m',
            fires: [{ labels: { job: 'copydesk', stage: 'summarize' }, value: '20%' }],
          },
          { name: 'one in a hundred', series: { [messages % 'ok']: '0+99x80', [messages % 'retry']: '0+1x80' }, at: '17m', fires: [] },
          { name: 'no traffic', series: { [messages % 'ok']: '5x80', [messages % 'retry']: '5x80' }, at: '17m', fires: [] },
        ],
      },
      {
        name: 'CopydeskDeadLettersFault',
        summary: '{{ $labels.stage }} buried articles by our own fault.',
        description: 'About {{ $value | humanize }} articles died at {{ $labels.stage }} of an error that is not theirs. They are kept in the dead letters.',
        variants: [{
          severity: 'warning',
          wait: '0m',
          expr: 'sum by (job, stage) (increase(copydesk_dead_letters_total{%(sel)s, class="fault"}[%(eventWindow)s])) > 0' % c,
        }],
        local letters = 'copydesk_dead_letters_total{job="copydesk", instance="a", stage="dedupe", class="%s"}',
        tests: [
          {
            name: 'two died of a fault',
            series: { [letters % 'fault']: '0x20 2x60', [letters % 'input']: '0x80' },
            at: '15m',
            fires: [{ labels: { job: 'copydesk', stage: 'dedupe' }, value: '2' }],
          },
          { name: 'only input was bad', series: { [letters % 'fault']: '3x80', [letters % 'input']: '0+5x80' }, at: '15m', fires: [] },
        ],
      },
      {
        name: 'CopydeskInputRejectsHigh',
        summary: 'More input than usual cannot be read.',
        description: '{{ $value | humanizePercentage }} of what was found in files is rejected, much more than usual. A sender may have changed its format.',
        variants: [{
          severity: 'warning',
          wait: '15m',
          expr: |||
            copydesk:input_rejects:ratio_rate%(eventWindow)s{%(sel)s}
            > %(rejectTimes)g * copydesk:input_rejects:ratio_rate%(usualWindow)s{%(sel)s} + %(rejectMargin)g
          ||| % c,
        }],
        local articles(result) = 'copydesk_articles_total{job="copydesk", instance="a", format="%s", result="%s"}' % [if result == 'ok' then 'html' else 'unknown', result],
        tests: [
          {
            name: 'a tenth of it after a quiet day',
            interval: '1m',
            series: { [articles('ok')]: '0+90x1500', [articles('rejected')]: '0x1440 0+10x60' },
            at: '24h45m',
            // 10 of 100 in the last quarter of an hour
            fires: [{ labels: { job: 'copydesk' }, value: '10%' }],
          },
          {
            name: 'a tenth of it as on every day',
            interval: '1m',
            series: { [articles('ok')]: '0+90x1500', [articles('rejected')]: '0+10x1500' },
            at: '24h45m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskLedgerLeak',
        summary: 'The ledger does not balance.',
        description: "{{ $value }} items came in, have not ended and are in nobody's hands; below 0, items ended twice.",
        variants: [{
          severity: 'critical',
          wait: '10m',
          expr: |||
            max by (job) (copydesk_ledger_leak_items{%(sel)s}) > 0
            or
            min by (job) (copydesk_ledger_leak_items{%(sel)s}) < 0
          ||| % c,
        }],
        local leak = 'copydesk_ledger_leak_items{job="copydesk", instance="a"}',
        tests: [
          { name: 'three are lost', series: { [leak]: '0x4 3x80' }, at: '15m', fires: [{ labels: { job: 'copydesk' }, value: '3' }] },
          { name: 'one ended twice', series: { [leak]: '0x4 -1x80' }, at: '15m', fires: [{ labels: { job: 'copydesk' }, value: '-1' }] },
          { name: 'one count was off', series: { [leak]: '0x4 3x8 0x80' }, at: '15m', fires: [] },
        ],
      },
      {
        name: 'CopydeskLedgerStale',
        summary: 'The ledger is not being read.',
        description: 'The ledger was last read {{ $value | humanizeDuration }} ago. A leak would not be seen, and finished messages are not trimmed.',
        variants: [{
          severity: 'warning',
          wait: '5m',
          expr: 'time() - max by (job) (copydesk_ledger_read_timestamp_seconds{%(sel)s}) > %(ledgerStaleSeconds)d' % c,
        }],
        local read = 'copydesk_ledger_read_timestamp_seconds{job="copydesk", instance="%s"}',
        tests: [
          { name: 'half an hour ago', series: { [read % 'a']: '60x200' }, at: '31m', fires: [{ labels: { job: 'copydesk' }, value: '30m 0s' }] },
          { name: 'one of two reads it', series: { [read % 'a']: '60x200', [read % 'b']: '0+15x200' }, at: '31m', fires: [] },
        ],
      },
    ],
  },
}
