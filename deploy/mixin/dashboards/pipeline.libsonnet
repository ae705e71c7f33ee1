// Pipeline: is the desk well, on one screen, and what to do if not.
local b = import 'board.libsonnet';
{
  local c = $._config { rate: $._config.sloRate },
  local alerts = std.flattenArrays([$._alerts[group] for group in std.objectFields($._alerts)]),
  local quantile(q, kind) = 'histogram_quantile(%s, sum by (le) (rate(copydesk_pipeline_latency_seconds_bucket{%%(sel)s, lane="live", kind="%s"}[$__rate_interval])))' % [q, kind],

  grafanaDashboards+:: {
    'pipeline.json': b.board(
      'copydesk / Pipeline',
      'copydesk-pipeline',
      'Is the desk well: what comes in, what comes out, how late, what died, and what to do.',
      tags=c.tags,
      lines=[
        [
          b.stat('In', 'Articles found in files, per second.', 'cps', 'sum(rate(copydesk_items_total{%(sel)s, outcome="ingested"}[$__rate_interval]))', decimals=2),
          b.stat('Unique', 'Articles that said something new, per second.', 'cps', 'sum(rate(copydesk_items_total{%(sel)s, outcome="unique"}[$__rate_interval]))', decimals=2),
          b.stat('Enriched', 'Finished records, per second.', 'cps', 'sum(rate(copydesk_items_total{%(sel)s, outcome="enriched"}[$__rate_interval]))', decimals=2),
          b.stat(
            'In time, last hour',
            'Share of live articles of the last hour that ended within %(sloSeconds)d s. The objective is %(target)g %%.' % (c { target: 100 * c.sloTarget }),
            'percentunit',
            '1 - max(copydesk:slo_errors:ratio_rate1h{%(job)s})',
            thresholds=['red', c.sloTarget, 'green'],
            decimals=2
          ),
          b.stat(
            'Error budget left',
            'What is left of the errors that the objective allows in %(budgetWindow)s. Below 0 the objective is missed.' % c,
            'percentunit',
            |||
              1 - (
                sum(sum_over_time(copydesk:slo_errors:rate%(rate)s{%%(job)s}[%(budgetWindow)s]))
                /
                sum(sum_over_time(copydesk:slo_articles:rate%(rate)s{%%(job)s}[%(budgetWindow)s]))
              ) / (1 - %(sloTarget)g)
            ||| % c,
            thresholds=['red', 0, 'orange', 0.25, 'green'],
            decimals=1,
            spark=false  // a window of days for each point of a line would be slow
          ),
          b.stat(
            'Lag',
            'Age of the oldest live message that a stage has not finished.',
            's',
            'max(max by (stream, consumer) (copydesk_consumer_oldest_pending_age_seconds{%(sel)s, stream!="ARTICLES_BACKFILL"}))',
            thresholds=['green', c.lagWarningSeconds, 'orange', c.lagCriticalSeconds, 'red']
          ),
          b.stat('Dead by our fault', 'Articles that died of our own errors in the time shown.', 'short', 'sum(increase(copydesk_dead_letters_total{%(sel)s, class="fault"}[$__range]))', thresholds=['green', 0.5, 'red'], decimals=0, spark=false),
          b.stat('Leak', 'Items that the ledger cannot find: lost if above 0, ended twice if below.', 'short', 'max(copydesk_ledger_leak_items{%(sel)s})', thresholds=['red', 0, 'green', 1, 'red'], spark=false),
        ],
        [
          b.graph('Flow', 'Articles per second: found in files, unique, finished, duplicate, dead.', 'cps', [
            [outcome, 'sum(rate(copydesk_items_total{%%(sel)s, outcome="%s"}[$__rate_interval]))' % outcome]
            for outcome in ['ingested', 'unique', 'enriched', 'duplicate', 'dead']
          ]),
          b.graph('Latency', 'Time from the inbox storing a live file to its article being published. By classic buckets: the value lies somewhere in its bucket.', 's', [
            ['p50', quantile('0.50', 'original')],
            ['p95', quantile('0.95', 'original')],
            ['p99', quantile('0.99', 'original')],
            ['p95 of duplicates', quantile('0.95', 'duplicate')],
          ], log=true),
          b.graph('Lag in time', 'Age of the oldest message that each stage has not finished. Backfill may be old: it never delays live news.', 's', [
            ['{{consumer}} of {{stream}}', 'max by (stream, consumer) (copydesk_consumer_oldest_pending_age_seconds{%(sel)s})'],
          ]),
        ],
        [
          b.graph('Burn rate of the error budget', 'How many times faster than the objective allows errors come. CopydeskErrorBudgetBurn fires when a long and a short window are above its factor.', 'short', [
            [w, 'max(copydesk:slo_errors:ratio_rate%s{%%(job)s}) / (1 - %g)' % [w, c.sloTarget]]
            for w in std.set([burn.long for burn in c.burns] + [burn.short for burn in c.burns])
          ], h=7),
          b.graph('Dead letters', "Articles buried per minute, by stage and whose fault it is. What input is to blame for is the sender's; what a fault is to blame for is ours.", 'cpm', [
            ['{{stage}}, {{class}}', 'sum by (stage, class) (rate(copydesk_dead_letters_total{%(sel)s}[$__rate_interval])) * 60'],
          ], h=7, stack=true),
          b.graph('Where items are', 'Items of all time by the ledger: in = enriched + duplicate + dead + in flight.', 'short', [
            ['{{state}}', 'sum by (state) (max by (lane, state) (copydesk_ledger_items{%(sel)s}))'],
          ], h=7),
        ],
        [
          b.table('Firing now', 'Alerts that fire. Look their names up on the right.', 'short', 'count by (alertname, severity, stage, stream, source) (ALERTS{alertname=~"Copydesk.+", alertstate="firing"})', h=9, hide=['Value']),
          b.text('What to do', std.join('\n', [
            'Look at **Firing now**. Each alert has a page that says what it means, how to look, what to do and how to tell that it is over:',
            '',
            std.join(' · ', ['[%s](%s/%s.md)' % [std.strReplace(a.name, 'Copydesk', ''), c.runbooks, a.name] for a in alerts]),
            '',
            '- **Lag grows, nothing is down:** open *Stage* for the first stage that lags. At its limit it needs more processes; failing, look at its errors.',
            "- **Dead letters:** `copydesk tap 'articles.dead.*' --from 1h --no-follow` shows them; nothing in them is lost.",
            '- **All quiet but nothing comes in:** look at *Last heard of*, then ask the senders.',
          ]), w=10, h=9),
          b.bars('Last heard of', 'Time since each source of --source-labels sent something.', 's', 'time() - max by (source) (copydesk_source_last_seen_timestamp_seconds{%(sel)s})', '{{source}}', w=6, h=9),
        ],
        [
          b.graph('Waiting', 'Messages that each stage has not finished.', 'short', [
            ['{{consumer}} of {{stream}}', 'max by (stream, consumer) (copydesk_consumer_pending_messages{%(sel)s}) + max by (stream, consumer) (copydesk_consumer_ack_pending_messages{%(sel)s})'],
          ], w=6, h=7),
          b.graph('The door', 'Files sent over HTTP per second, by answer.', 'cps', [['{{outcome}}', 'sum by (outcome) (rate(copydesk_door_requests_total{%(sel)s}[$__rate_interval]))']], w=6, h=7),
          b.stat('NATS', 'Connections of all processes that stand.', 'percentunit', 'avg(copydesk_nats_connected{%(sel)s})', thresholds=['red', 0.999, 'green'], h=7),
          b.stat('Ledger read', 'Time since the ledger was last read.', 's', 'time() - max(copydesk_ledger_read_timestamp_seconds{%(sel)s})', thresholds=['green', c.ledgerStaleSeconds, 'orange'], h=7),
          b.table('Versions', 'Which build each process is.', 'short', 'max by (instance, version, revision, go) (copydesk_build_info{%(sel)s})', w=6, h=7, hide=['Value']),
        ],
      ],
    ),
  },
}
