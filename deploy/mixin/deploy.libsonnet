// The configuration around the mixin: Prometheus, Alertmanager and Grafana's
// provisioning, as deploy/compose.yaml mounts them.
{
  local c = $._config,

  prometheusConfig:: {
    global: { scrape_interval: c.scrapeInterval, evaluation_interval: c.scrapeInterval },
    rule_files: ['rules.yaml', 'alerts.yaml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [c.alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: c.job,
        dns_sd_configs: [{ names: c.targets, type: 'A', port: c.port, refresh_interval: '10s' }],
      } + (if c.nativeHistograms then { scrape_native_histograms: true, always_scrape_classic_histograms: true } else {}),
    ],
  },

  // An alert that explains others silences them: without a server every stage stands
  // still, and a lag that is critical is a lag. Mind that Alertmanager does not say that an
  // alert is over when it ends while it is silenced: an incident that was opened before
  // stays open until somebody looks.
  alertmanagerConfig:: {
    route: {
      receiver: 'chat',
      group_by: ['alertname', 'job'],
      group_wait: c.groupWait,
      group_interval: c.groupInterval,
      repeat_interval: c.repeatInterval,
      routes: [{ matchers: ['severity="critical"'], receiver: 'pager' }],
    },
    inhibit_rules: [
      {
        source_matchers: ['alertname="CopydeskNATSDown"'],
        target_matchers: ['alertname=~"Copydesk(LagHigh|Stalled|PullStall|NobodyDecides|LedgerStale|RetryRatioHigh)"'],
        equal: ['job'],
      },
      {
        source_matchers: ['alertname="CopydeskStageDown"', 'stage="dedupe"'],
        target_matchers: ['alertname="CopydeskNobodyDecides"'],
        equal: ['job'],
      },
      {
        source_matchers: ['severity="critical"', 'alertname=~"Copydesk(LagHigh|StoragePressure|ErrorBudgetBurn)"'],
        target_matchers: ['severity="warning"'],
        equal: ['alertname', 'job', 'stream', 'consumer'],
      },
    ],
    receivers: [
      { name: 'pager', webhook_configs: [{ url: c.criticalWebhook, send_resolved: true }] },
      { name: 'chat', webhook_configs: [{ url: c.warningWebhook, send_resolved: true }] },
    ],
  },

  grafanaDatasources:: {
    apiVersion: 1,
    datasources: [{
      name: 'Prometheus',
      uid: 'copydesk-prometheus',
      type: 'prometheus',
      access: 'proxy',
      url: 'http://prometheus:9090',
      isDefault: true,
      editable: false,
      // $__rate_interval follows from it.
      jsonData: { timeInterval: c.scrapeInterval, httpMethod: 'POST' },
    }],
  },

  grafanaProviders:: {
    apiVersion: 1,
    providers: [{
      name: 'copydesk',
      folder: 'copydesk',
      type: 'file',
      allowUiUpdates: false,
      disableDeletion: true,
      options: { path: '/etc/grafana/dashboards/copydesk' },
    }],
  },
}
