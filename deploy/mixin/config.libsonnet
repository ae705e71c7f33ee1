// What an installation may want otherwise. Override a field by adding to _config:
//
//   (import 'mixin.libsonnet') + { _config+:: { job: 'newsroom' } }
{
  _config+:: {
    // The Prometheus job of copydesk's processes, in the scrape configuration and in
    // every rule.
    job: 'copydesk',
    stages: ['ingest', 'dedupe', 'entities', 'summarize'],
    // Where runbooks are read.
    runbooks: 'https://github.com/copydesk/copydesk/blob/main/deploy/runbooks',
    tags: ['copydesk'],

    scrapeInterval: '15s',
    // Prometheus 3 reads native histograms only when told to, and then loses the classic
    // buckets, which every query here is about, unless told to keep them as well. Prometheus
    // 2.42 knows neither option and refuses the file; it reads classic histograms
    // unless it is started with --enable-feature=native-histograms, which drops them.
    nativeHistograms: false,

    // The service level: articles of the live lane that end within so many seconds of
    // being stored in the inbox. It must be a bucket of copydesk_pipeline_latency_seconds.
    sloSeconds: 30,
    sloTarget: 0.99,
    // The window the error budget is for. Prometheus must keep data for as long.
    budgetWindow: '30d',
    // The rate all longer windows of the service level are sums of.
    sloRate: '5m',
    // A burn rate of 14.4 uses up 2 % of a budget of 30 days in an hour, one of 6 uses
    // up 5 % in six hours, of 3 and 1 10 % in one and in three days: the windows of the
    // Site Reliability Workbook. The short window has the alert end soon after the
    // trouble.
    burns: [
      { factor: 14.4, long: '1h', short: '5m', wait: '2m', severity: 'critical' },
      { factor: 6, long: '6h', short: '30m', wait: '15m', severity: 'critical' },
      { factor: 3, long: '1d', short: '2h', wait: '1h', severity: 'warning' },
      { factor: 1, long: '3d', short: '6h', wait: '3h', severity: 'warning' },
    ],

    lagWarningSeconds: 60,
    lagCriticalSeconds: 300,
    retryRatio: 0.05,
    saturation: 0.9,
    redeliveryRatio: 0.2,
    redeliveryCount: 20,
    fillWarning: 0.8,
    fillCritical: 0.95,
    silentSeconds: 6 * 3600,
    ledgerStaleSeconds: 600,
    // The share of rejected input that is too much: so many times the usual one, plus
    // what a quiet desk may have.
    rejectTimes: 3,
    rejectMargin: 0.02,

    // The windows of the alerts' rates. The first is the window of recent rates, the second
    // keeps rare events in sight, the last says what is usual.
    rateWindow: '5m',
    eventWindow: '15m',
    usualWindow: '1d',
    // If set, every alert waits this long instead of its own time. For tests, together
    // with windows of seconds.
    waitAll: null,

    // Where processes are found: by a DNS name that has an address for each of them.
    targets: ['ingest', 'dedupe', 'entities', 'summarize'],
    port: 9090,
    alertmanager: 'alertmanager:9093',

    // Alertmanager's example. Notifications go to two webhooks: of what must wake
    // somebody, and of what can wait for the morning.
    criticalWebhook: 'http://pager.example:8080/copydesk',
    warningWebhook: 'http://chat.example:8080/copydesk',
    groupWait: '30s',
    groupInterval: '5m',
    repeatInterval: '4h',
  },
}
