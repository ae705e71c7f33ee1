// Processes and their connection to NATS.
{
  local c = $._config { sel: 'job="%s"' % $._config.job },

  _alerts+:: {
    processes: [
      {
        name: 'CopydeskProcessDown',
        summary: 'A copydesk process does not answer.',
        description: 'Prometheus cannot scrape {{ $labels.instance }}. If it was the only one of its stage, CopydeskStageDown says so.',
        variants: [{ severity: 'warning', wait: '2m', expr: 'up{%(sel)s} == 0' % c }],
        tests: [
          {
            name: 'one of two is gone for good',
            series: { 'up{job="copydesk", instance="a:9090"}': '1x4 0x20', 'up{job="copydesk", instance="b:9090"}': '1x30' },
            at: '4m',
            fires: [{ labels: { job: 'copydesk', instance: 'a:9090' } }],
          },
          {
            name: 'a restart of a minute',
            series: { 'up{job="copydesk", instance="a:9090"}': '1x4 0x4 1x20' },
            at: '4m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskStageDown',
        summary: 'No process runs the stage {{ $labels.stage }}.',
        description: 'Articles wait before {{ $labels.stage }} and nothing comes out behind it. Nothing is lost: they are in the stream.',
        variants: [{
          severity: 'critical',
          wait: '2m',
          expr: std.join('\nor\n', ['absent(copydesk_stage_concurrency_limit{%s, stage="%s"})' % [c.sel, stage] for stage in c.stages]),
        }],
        tests: [
          {
            name: 'entities has stopped',
            series: {
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="ingest"}': '2x40',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="dedupe"}': '128x40',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="b", stage="entities"}': '2x4 stale',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="summarize"}': '2x40',
            },
            at: '5m',
            fires: [{ labels: { job: 'copydesk', stage: 'entities' } }],
          },
          {
            name: 'one of two workers of entities has stopped',
            series: {
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="ingest"}': '2x40',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="dedupe"}': '128x40',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="entities"}': '2x40',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="b", stage="entities"}': '2x4 stale',
              'copydesk_stage_concurrency_limit{job="copydesk", instance="a", stage="summarize"}': '2x40',
            },
            at: '5m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskNobodyDecides',
        summary: 'No process of dedupe decides.',
        description: 'All processes of dedupe stand by. The lease of the one that decided should have passed on within ten seconds.',
        variants: [{ severity: 'critical', wait: '1m', expr: 'max by (job) (copydesk_dedupe_active{%(sel)s}) == 0' % c }],
        tests: [
          {
            name: 'all stand by',
            series: { 'copydesk_dedupe_active{job="copydesk", instance="a"}': '1x4 0x20', 'copydesk_dedupe_active{job="copydesk", instance="b"}': '0x30' },
            at: '3m',
            fires: [{ labels: { job: 'copydesk' } }],
          },
          {
            name: 'one has taken over',
            series: { 'copydesk_dedupe_active{job="copydesk", instance="a"}': '1x4 0x20', 'copydesk_dedupe_active{job="copydesk", instance="b"}': '0x5 1x25' },
            at: '3m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskNATSDown',
        summary: '{{ $labels.instance }} has no connection to NATS.',
        description: 'At least one connection of {{ $labels.instance }} is broken. It connects again by itself once the server is back.',
        variants: [{ severity: 'critical', wait: '1m', expr: 'min by (job, instance) (copydesk_nats_connected{%(sel)s}) == 0' % c }],
        tests: [
          {
            name: 'one connection is broken',
            series: {
              'copydesk_nats_connected{job="copydesk", instance="a", connection="ingest"}': '1x4 0x20',
              'copydesk_nats_connected{job="copydesk", instance="a", connection="dedupe"}': '1x30',
            },
            at: '3m',
            fires: [{ labels: { job: 'copydesk', instance: 'a' } }],
          },
          {
            name: 'it came back at once',
            series: { 'copydesk_nats_connected{job="copydesk", instance="a", connection="ingest"}': '1x4 0x2 1x20' },
            at: '3m',
            fires: [],
          },
        ],
      },
      {
        name: 'CopydeskStuckCalls',
        summary: 'Calls of {{ $labels.stage }} hang.',
        description: '{{ $value }} calls of the function of {{ $labels.stage }} in {{ $labels.instance }} have outlived their deadline and do not return. When there are too many, the process ends and asks to be restarted.',
        variants: [{ severity: 'warning', wait: '5m', expr: 'sum by (job, instance, stage) (copydesk_stage_stuck_calls{%(sel)s}) > 0' % c }],
        tests: [
          {
            name: 'two calls hang',
            series: { 'copydesk_stage_stuck_calls{job="copydesk", instance="a", stage="ingest"}': '0x4 2x30' },
            at: '7m',
            fires: [{ labels: { job: 'copydesk', instance: 'a', stage: 'ingest' }, value: '2' }],
          },
          {
            name: 'a call came back late',
            series: { 'copydesk_stage_stuck_calls{job="copydesk", instance="a", stage="ingest"}': '0x4 1x8 0x30' },
            at: '7m',
            fires: [],
          },
        ],
      },
    ],
  },
}
