// How an alert is written down: its name, what it means, its variants (a severity, how
// long it must hold, an expression, labels) and the tests that see it fire and not.
// From that come the rule, with the address of its runbook, and the promtool tests.
{
  _alerts:: {},

  prometheusAlerts+:: {
    groups+: [
      {
        name: 'copydesk-' + group,
        rules: std.flattenArrays([$.rulesOf(a) for a in $._alerts[group]]),
      }
      for group in std.objectFields($._alerts)
    ],
  },

  rulesOf(a):: [
    {
      alert: a.name,
      expr: v.expr,
      'for': if $._config.waitAll != null then $._config.waitAll else v.wait,
      labels: { severity: v.severity } + std.get(v, 'labels', {}),
      annotations: $.annotationsOf(a, v),
    }
    for v in a.variants
  ],

  annotationsOf(a, v):: {
    summary: a.summary,
    description: std.get(v, 'description', a.description),
    runbook_url: '%s/%s.md' % [$._config.runbooks, a.name],
  },

  // prometheusTests are files for `promtool test rules`. A test has series, a time, and
  // what fires then: the labels of the expression, the variant, and the value as it is
  // printed. Tests over hours evaluate less often, or they would take minutes.
  prometheusTests:: {
    'tests.yaml': $.testsOf('15s', '30s'),
    'tests-long.yaml': $.testsOf('1m', '5m'),
  },

  testsOf(interval, evaluation):: {
    rule_files: ['alerts.yaml', 'rules.yaml'],
    evaluation_interval: evaluation,
    tests: [
      {
        name: '%s: %s' % [a.name, t.name],
        interval: interval,
        input_series: [{ series: s, values: t.series[s] } for s in std.objectFields(t.series)],
        alert_rule_test: [{
          alertname: a.name,
          eval_time: t.at,
          exp_alerts: [
            local v = a.variants[std.get(f, 'variant', 0)];
            {
              exp_labels: { severity: v.severity } + std.get(v, 'labels', {}) + f.labels,
              exp_annotations: std.mapWithKey(function(_, text) $.expand(text, f.labels, std.get(f, 'value', '')), $.annotationsOf(a, v)),
            }
            for f in t.fires
          ],
        }],
      }
      for group in std.objectFields($._alerts)
      for a in $._alerts[group]
      for t in a.tests
      if std.get(t, 'interval', '15s') == interval
    ],
  },

  // expand does to a text what Prometheus's templates do, as far as alerts here use them.
  // They know the labels of the expression, not those a rule adds.
  expand(text, labels, value)::
    local values = std.foldl(
      function(s, form) std.strReplace(s, '{{ $value%s }}' % form, value),
      ['', ' | humanize', ' | humanizePercentage', ' | humanizeDuration'],
      text
    );
    std.foldl(function(s, l) std.strReplace(s, '{{ $labels.%s }}' % l, labels[l]), std.objectFields(labels), values),
}
