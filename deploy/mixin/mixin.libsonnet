// copydesk's monitoring mixin: prometheusAlerts, prometheusRules and grafanaDashboards,
// as the monitoring-mixins convention has them. It imports nothing from outside.
(import 'config.libsonnet') +
(import 'rules/flow.libsonnet') +
(import 'rules/slo.libsonnet') +
(import 'alerts/alert.libsonnet') +
(import 'alerts/processes.libsonnet') +
(import 'alerts/flow.libsonnet') +
(import 'alerts/quality.libsonnet') +
(import 'alerts/jetstream.libsonnet') +
(import 'alerts/slo.libsonnet') +
(import 'dashboards/pipeline.libsonnet') +
(import 'dashboards/stage.libsonnet') +
(import 'dashboards/jetstream.libsonnet') +
(import 'dashboards/content.libsonnet')
