// The service level: what share of live articles ended in time. An article that died by
// our fault did not.
//
// In Prometheus 2 the bucket of 30 s is "30" when a process is scraped as text and "30.0" when
// it is scraped as OpenMetrics, hence the pattern.
{
  prometheusRules+:: {
    local c = $._config { sel: 'job="%s"' % $._config.job },
    local dead = 'sum by (job) (rate(copydesk_dead_letters_total{%(sel)s, class="fault"}[%(sloRate)s]))' % c,
    local windows = std.set([b.long for b in c.burns] + [b.short for b in c.burns]),

    groups+: [{
      name: 'copydesk-slo',
      rules: [
        {
          record: 'copydesk:slo_articles:rate' + c.sloRate,
          expr: |||
            sum by (job) (rate(copydesk_pipeline_latency_seconds_count{%(sel)s, lane="live"}[%(sloRate)s]))
            +
            %(dead)s
          ||| % (c { dead: dead }),
        },
        {
          record: 'copydesk:slo_errors:rate' + c.sloRate,
          expr: |||
            clamp_min(
              sum by (job) (rate(copydesk_pipeline_latency_seconds_count{%(sel)s, lane="live"}[%(sloRate)s]))
              -
              sum by (job) (rate(copydesk_pipeline_latency_seconds_bucket{%(sel)s, lane="live", le=~"%(sloSeconds)d(\\.0)?"}[%(sloRate)s])),
              0
            )
            +
            %(dead)s
          ||| % (c { dead: dead }),
        },
      ] + [
        {
          // The long windows are sums of the short rate: two series instead of some
          // hundred are read, and a quiet night counts for as little as it should.
          record: 'copydesk:slo_errors:ratio_rate' + w,
          expr: |||
            sum_over_time(copydesk:slo_errors:rate%(sloRate)s{%(sel)s}[%(w)s])
            /
            sum_over_time(copydesk:slo_articles:rate%(sloRate)s{%(sel)s}[%(w)s])
          ||| % (c { w: w }),
        }
        for w in windows
      ],
    }],
  },
}
