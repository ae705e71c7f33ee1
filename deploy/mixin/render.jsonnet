// Every file that is made of the mixin, by its path below deploy/. config overrides
// fields of _config.
function(config={})
  local m = (import 'mixin.libsonnet') + (import 'deploy.libsonnet') + { _config+:: config };
  local yaml(value, note='') =
    '# Generated from deploy/mixin: change it there, then go run ./scripts/gen/mixin\n' + note +
    std.manifestYamlDoc(value, indent_array_in_object=true, quote_keys=false) + '\n';
  {
    'prometheus/alerts.yaml': yaml(m.prometheusAlerts),
    'prometheus/rules.yaml': yaml(m.prometheusRules),
    'prometheus/prometheus.yaml': yaml(m.prometheusConfig, |||
      # Keep data for %(budgetWindow)s (--storage.tsdb.retention.time), the window of the error
      # budget. Do not start Prometheus 2 with --enable-feature=native-histograms: 2.42
      # then drops the classic histograms that every board and rule is about. Where
      # Prometheus 3 reads native histograms, render with nativeHistograms: true.
    ||| % m._config),
    'alertmanager/alertmanager.yaml': yaml(m.alertmanagerConfig),
    'grafana/provisioning/datasources/prometheus.yaml': yaml(m.grafanaDatasources),
    'grafana/provisioning/dashboards/copydesk.yaml': yaml(m.grafanaProviders),
  } + {
    ['prometheus/' + name]: yaml(m.prometheusTests[name])
    for name in std.objectFields(m.prometheusTests)
  } + {
    ['grafana/dashboards/' + name]: std.manifestJsonEx(m.grafanaDashboards[name], '  ') + '\n'
    for name in std.objectFields(m.grafanaDashboards)
  }
