// Stage: what one stage does, fails at and waits for.
local b = import 'board.libsonnet';
{
  local quantiles(metric) = [
    ['p%s' % q, 'histogram_quantile(0.%s, sum by (le) (rate(%s_bucket{%%(sel)s, stage=~"$stage"}[$__rate_interval])))' % [q, metric]]
    for q in ['50', '95', '99']
  ],
  local rate(metric, by) = 'sum by (%s) (rate(%s{%%(sel)s, stage=~"$stage"}[$__rate_interval]))' % [by, metric],
  local consumer(metric) = 'max by (stream, consumer) (%s{%%(sel)s, consumer=~"$stage"})' % metric,

  grafanaDashboards+:: {
    'stage.json': b.board(
      'copydesk / Stage',
      'copydesk-stage',
      'What a stage does, how long it takes, what it fails at, what it waits for.',
      tags=$._config.tags,
      variables=[b.variable('stage', 'Stage', 'label_values(copydesk_stage_concurrency_limit{job=~"$job"}, stage)')],
      lines=[
        [b.row('$stage: rate, errors, duration')],
        [
          b.graph('Deliveries', "Deliveries per second by how they ended: ok, asked for nothing (filtered), done before (duplicate), buried (rejected, dead_letter), passed on without the stage's part (fallback), tried again (retry), given back because something else is broken (later).", 'cps', [['{{stage}} {{outcome}}', rate('copydesk_stage_messages_total', 'stage, outcome')]], stack=true),
          b.graph('Errors', 'Errors per second, by reason.', 'cps', [['{{stage}} {{reason}}', rate('copydesk_stage_errors_total', 'stage, reason')]]),
          b.graph('Processing', "Time the stage's function takes for a message.", 's', quantiles('copydesk_stage_processing_seconds'), log=true),
        ],
        [
          b.graph('Queue', 'Time a message waited between being stored and being worked on.', 's', quantiles('copydesk_stage_queue_seconds'), log=true),
          b.graph('Publishing', "Time from the first publish of a message's outputs to the last acknowledgement.", 's', quantiles('copydesk_stage_publish_ack_seconds'), log=true),
          b.graph('Lag in time', 'Age of the oldest message that the stage has not finished.', 's', [['{{consumer}} of {{stream}}', consumer('copydesk_consumer_oldest_pending_age_seconds')]]),
        ],
        [b.row('$stage: use')],
        [
          b.graph('Utilisation', 'Calls under way over calls the stage makes at a time (busy), messages in its hands over those it takes at a time (full), messages the server has out to all its processes over those it may have out. At 1 it has all it can do.', 'percentunit', [
            ['{{stage}} busy', 'sum by (stage) (copydesk_stage_running_calls{%(sel)s, stage=~"$stage"}) / sum by (stage) (copydesk_stage_concurrency_limit{%(sel)s, stage=~"$stage"})'],
            ['{{stage}} full', 'sum by (stage) (copydesk_stage_in_flight{%(sel)s, stage=~"$stage"}) / sum by (stage) (copydesk_stage_in_flight_limit{%(sel)s, stage=~"$stage"})'],
            ['{{consumer}} of {{stream}} out', consumer('copydesk_consumer_ack_pending_messages') + ' / ' + consumer('copydesk_consumer_max_ack_pending_messages')],
          ]),
          b.graph('Throughput', 'Payload bytes per second, read and published.', 'Bps', [['{{stage}} {{direction}}', rate('copydesk_stage_bytes_total', 'stage, direction')]]),
          b.graph('Last finished', 'Time since the stage last finished a message.', 's', [['{{stage}}', 'time() - max by (stage) (copydesk_stage_last_success_timestamp_seconds{%(sel)s, stage=~"$stage"} > 0)']]),
        ],
        [b.row('$stage: what it was given, and what became of it')],
        [
          b.graph('The consumer', 'Messages not delivered (pending), delivered and not acknowledged, delivered more than once and not acknowledged; pulls that wait for messages.', 'short', [
            ['pending, {{stream}}', consumer('copydesk_consumer_pending_messages')],
            ['not acknowledged, {{stream}}', consumer('copydesk_consumer_ack_pending_messages')],
            ['redelivered, {{stream}}', consumer('copydesk_consumer_redelivered_messages')],
            ['pulls, {{stream}}', consumer('copydesk_consumer_waiting_pulls')],
          ]),
          b.graph('Again', 'Per second: deliveries given back, messages delivered again, outputs that the server had already, pulls that went silent and were sent anew.', 'cps', [
            ['{{stage}} given back', rate('copydesk_stage_naks_total', 'stage')],
            ['{{stage}} delivered again', rate('copydesk_stage_redeliveries_total', 'stage')],
            ['{{stage}} published again', rate('copydesk_stage_duplicate_acks_total', 'stage')],
            ['{{stage}} pulls revived', rate('copydesk_stage_pull_stalls_recovered_total', 'stage')],
          ]),
          b.graph('Buried', 'Articles buried per minute, by whose fault it is.', 'cpm', [['{{stage}} {{class}}', rate('copydesk_dead_letters_total', 'stage, class') + ' * 60']], stack=true),
        ],
        [
          b.graph('Why', 'Articles buried per minute, by reason, of the ten most frequent.', 'cpm', [['{{stage}} {{reason}}', 'topk(10, ' + rate('copydesk_rejects_total', 'stage, reason') + ') * 60']]),
          b.stat('Stuck calls', "Calls of the stage's function that outlived their deadline and still run.", 'short', 'sum(copydesk_stage_stuck_calls{%(sel)s, stage=~"$stage"})', w=4, h=8, thresholds=['green', 1, 'red']),
          b.stat('Failed looks', 'Times the consumer could not be looked at, in the time shown.', 'short', 'sum(increase(copydesk_consumer_poll_errors_total{%(sel)s, consumer=~"$stage"}[$__range]))', w=4, h=8, thresholds=['green', 1, 'orange'], decimals=0, spark=false),
          b.table('Models', 'Which rules and weights a stage works by.', 'short', 'count by (stage, model, version) (copydesk_model_info{%(sel)s, stage=~"$stage"})', hide=[]),
        ],
        [b.row('Dedupe: who decides, and its memory')],
        [
          b.graph('Who decides', '1 for the process that decides; the others stand by.', 'short', [['{{instance}}', 'max by (instance) (copydesk_dedupe_active{%(sel)s})']], w=6),
          b.graph('Time to a verdict', 'From asking for a verdict to its being in the decision log.', 's', [
            ['p%s' % q, 'histogram_quantile(0.%s, sum by (le) (rate(copydesk_dedupe_decision_seconds_bucket{%%(sel)s}[$__rate_interval])))' % q]
            for q in ['50', '95', '99']
          ], w=6, log=true),
          b.graph('Index', 'Articles dedupe compares with.', 'short', [['{{instance}}', 'max by (instance) (copydesk_dedupe_index_entries{%(sel)s})']], w=4),
          b.graph('Index, memory', 'Memory of the index.', 'bytes', [['{{instance}}', 'max by (instance) (copydesk_dedupe_index_bytes{%(sel)s})']], w=4),
          b.graph('Conflicts and removals', 'Per second: appends refused because another process decided too, and articles taken out of the index because they died.', 'cps', [
            ['conflicts', 'sum(rate(copydesk_dedupe_conflicts_total{%(sel)s}[$__rate_interval]))'],
            ['removals', 'sum(rate(copydesk_dedupe_removals_total{%(sel)s}[$__rate_interval]))'],
          ], w=4),
        ],
        [b.row('Processes')],
        [
          b.graph('Processor', 'Processors in use.', 'short', [['{{instance}}', 'sum by (instance) (rate(process_cpu_seconds_total{%(sel)s}[$__rate_interval]))']], w=6),
          b.graph('Memory', "Resident memory; the children's is the most one of them ever held.", 'bytes', [
            ['{{instance}}', 'sum by (instance) (process_resident_memory_bytes{%(sel)s})'],
            ['{{instance}}, a child', 'max by (instance) (copydesk_isolate_peak_resident_bytes{%(sel)s})'],
          ], w=6),
          b.graph('Goroutines', 'Goroutines of each process.', 'short', [['{{instance}}', 'sum by (instance) (go_goroutines{%(sel)s})']], w=6),
          b.graph('Children', 'Child processes that read untrusted files: how many there are, and how many end per minute, by why.', 'short', [
            ['alive', 'sum(copydesk_isolate_children{%(sel)s})'],
            ['ended: {{reason}}', 'sum by (reason) (rate(copydesk_isolate_ended_total{%(sel)s}[$__rate_interval])) * 60'],
          ], w=6),
        ],
      ],
    ),
  },
}
