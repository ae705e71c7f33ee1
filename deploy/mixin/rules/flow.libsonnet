// What is rejected, now and usually.
{
  prometheusRules+:: {
    local c = $._config { sel: 'job="%s"' % $._config.job },
    local ratio(window) = |||
      sum by (job) (rate(copydesk_articles_total{%(sel)s, result="rejected"}[%(window)s]))
      /
      sum by (job) (rate(copydesk_articles_total{%(sel)s}[%(window)s]))
    ||| % (c { window: window }),

    groups+: [{
      name: 'copydesk-flow',
      rules: [
        { record: 'copydesk:input_rejects:ratio_rate' + c.eventWindow, expr: ratio(c.eventWindow) },
        { record: 'copydesk:input_rejects:ratio_rate' + c.usualWindow, expr: ratio(c.usualWindow) },
      ],
    }],
  },
}
