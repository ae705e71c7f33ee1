// The service level's error budget, by how fast it burns: each alert needs a long window,
// so that a short trouble does not wake anybody, and a short one, so that it ends when
// the trouble has.
{
  local c = $._config { sel: 'job="%s"' % $._config.job },

  _alerts+:: {
    slo: [
      {
        name: 'CopydeskErrorBudgetBurn',
        summary: 'Too many articles are late or lost to faults.',
        variants: [
          {
            severity: b.severity,
            wait: b.wait,
            labels: { long: b.long, short: b.short },
            description: '{{ $value | humanizePercentage }} of the live articles of the last %s did not end within %d s. At this rate the error budget of %s is used up too soon.' % [b.long, c.sloSeconds, c.budgetWindow],
            expr: |||
              copydesk:slo_errors:ratio_rate%(long)s{%(sel)s} > %(limit)g
              and
              copydesk:slo_errors:ratio_rate%(short)s{%(sel)s} > %(limit)g
            ||| % (b { sel: c.sel, limit: b.factor * (1 - c.sloTarget) }),
          }
          for b in c.burns
        ],
        local count = 'copydesk_pipeline_latency_seconds_count{job="copydesk", instance="a", kind="original", lane="%s"}',
        local bucket = 'copydesk_pipeline_latency_seconds_bucket{job="copydesk", instance="a", kind="original", lane="%s", le="%s"}',
        local dead = 'copydesk_dead_letters_total{job="copydesk", instance="a", stage="dedupe", class="%s"}',
        local test(name, good, all, fires, le='30', interval='15s', at='50m', n=240, lane='live', faults=0) = {
          name: name,
          interval: interval,
          series: {
            [count % lane]: '0+%dx%d' % [all, n],
            [bucket % [lane, le]]: '0+%dx%d' % [good, n],
            [dead % 'fault']: '0+%dx%d' % [faults, n],
            [dead % 'input']: '0+50x%d' % n,
          },
          at: at,
          fires: fires,
        },
        local burn(i, value) = { variant: i, labels: { job: 'copydesk' }, value: value },
        tests: [
          test('a fifth is late: all windows of a young desk say so that have had the time', 80, 100, [burn(0, '20%'), burn(1, '20%')]),
          test('OpenMetrics writes the bucket as 30.0', 80, 100, [burn(0, '20%'), burn(1, '20%')], le='30.0'),
          test('a tenth dies of faults: not the fastest burn', 90, 90, [burn(1, '10%')], faults=10),
          test('one in twenty-five is late for hours', 96, 100, [burn(2, '4%'), burn(3, '4%')], interval='1m', at='4h', n=300),
          test('one in fifty is late for hours', 98, 100, [burn(3, '2%')], interval='1m', at='4h', n=300),
          test('one in five hundred is late', 998, 1000, [], interval='1m', at='4h', n=300),
          test('rejected input and late backfill do not count', 0, 100, [], lane='backfill'),
        ],
      },
    ],
  },
}
