// Content: what news comes, from whom, and what becomes of it.
local b = import 'board.libsonnet';
{
  local range(metric, by, more='') = 'sum by (%s) (increase(%s{%%(sel)s%s}[$__range]))' % [by, metric, more],

  grafanaDashboards+:: {
    'content.json': b.board(
      'copydesk / Content',
      'copydesk-content',
      'What news comes, in which formats and languages, how much of it is new, what is in it, and what cannot be read.',
      tags=$._config.tags,
      from='now-6h',
      lines=[
        [b.row('What comes')],
        [
          b.bars('Formats', 'Articles by the format of their file, in the time shown. What could not be read has format unknown.', 'short', range('copydesk_articles_total', 'format'), '{{format}}', w=5),
          b.bars('Languages', 'Articles by language, in the time shown, of the twelve most frequent.', 'short', 'topk(12, ' + range('copydesk_article_languages_total', 'language') + ')', '{{language}}', w=5),
          b.graph('Sources', 'Articles per minute by source: those of --source-labels, and all others.', 'cpm', [['{{source}}', 'sum by (source) (rate(copydesk_items_total{%(sel)s, outcome="ingested"}[$__rate_interval])) * 60']], w=7, stack=true),
          b.graph('Lanes', 'Articles per minute, live and backfill.', 'cpm', [['{{lane}}', 'sum by (lane) (rate(copydesk_items_total{%(sel)s, outcome="ingested"}[$__rate_interval])) * 60']], w=7, stack=true),
        ],
        [b.row('What is new')],
        [
          b.graph('Duplicates', 'Share of articles that say nothing new.', 'percentunit', [
            ['duplicates', 'sum(rate(copydesk_items_total{%(sel)s, outcome="duplicate"}[$__rate_interval])) / (sum(rate(copydesk_items_total{%(sel)s, outcome="duplicate"}[$__rate_interval])) + sum(rate(copydesk_items_total{%(sel)s, outcome="unique"}[$__rate_interval])))'],
          ], w=6, max=1),
          b.bars('Relations', 'Verdicts in the time shown: new, exact and near copies, excerpts, updates, corrections, kills.', 'short', range('copydesk_dedupe_decisions_total', 'relation'), '{{relation}}', w=6),
          b.bars('How copies are found', 'Copies by the method that found them, in the time shown.', 'short', range('copydesk_dedupe_matches_total', 'method'), '{{method}}', w=6),
          b.bars('Overrides', 'How often the desk has given its word, on pairs of articles and on names.', 'short', 'max by (about) (copydesk_overrides{%(sel)s})', 'about {{about}}', w=3),
          b.bars('Overrides in force', "Revision of the desk's word that the stages go by.", 'short', 'max by (about) (copydesk_overrides_revision{%(sel)s})', 'about {{about}}', w=3),
        ],
        [b.row('What is in it')],
        [
          b.graph('Entities an article', 'Entities for each finished article, by kind.', 'short', [
            ['{{kind}}', 'sum by (kind) (rate(copydesk_entities_total{%(sel)s}[$__rate_interval])) / ignoring (kind) group_left () sum(rate(copydesk_items_total{%(sel)s, outcome="enriched"}[$__rate_interval]))'],
          ]),
          b.graph('Summaries', 'Length of the summary over the length of the text.', 'percentunit', [
            ['median', 'histogram_quantile(0.50, sum by (le) (rate(copydesk_summary_compression_ratio_bucket{%(sel)s}[$__rate_interval])))'],
            ['p90', 'histogram_quantile(0.90, sum by (le) (rate(copydesk_summary_compression_ratio_bucket{%(sel)s}[$__rate_interval])))'],
          ]),
          b.bars('Entities', 'Entities by kind, in the time shown.', 'short', range('copydesk_entities_total', 'kind'), '{{kind}}'),
        ],
        [b.row('What cannot be read')],
        [
          b.bars('Rejects by reason', 'Articles buried by the stage and the reason, in the time shown, of the twelve most frequent.', 'short', 'topk(12, ' + range('copydesk_rejects_total', 'stage, reason') + ')', '{{stage}}: {{reason}}'),
          b.graph('Share of rejects', 'Share of what was found in files that could not be read: recently and usually. CopydeskInputRejectsHigh compares the two.', 'percentunit', [
            ['now', 'sum(rate(copydesk_articles_total{%(sel)s, result="rejected"}[$__rate_interval])) / sum(rate(copydesk_articles_total{%(sel)s}[$__rate_interval]))'],
            ['recently', 'max(copydesk:input_rejects:ratio_rate%s{%%(job)s})' % $._config.eventWindow],
            ['usually', 'max(copydesk:input_rejects:ratio_rate%s{%%(job)s})' % $._config.usualWindow],
          ]),
          b.bars('Dead by source', 'Articles that died, by source, in the time shown.', 'short', range('copydesk_items_total', 'source', ', outcome="dead"'), '{{source}}', w=4),
          b.bars('Dead letters kept', 'Dead letters that are kept, by the stage that buried them.', 'short', 'max by (stage) (copydesk_dead_letters{%(sel)s})', '{{stage}}', w=4),
        ],
        [b.row('Learnt boilerplate')],
        [
          b.stat('Snapshot', 'Number of the snapshot of learnt boilerplate that articles are cleaned by, 0 for none.', 'short', 'max(copydesk_boilerplate_snapshot{%(sel)s})', w=4, h=6, spark=false),
          b.stat('Lines', 'Lines of boilerplate in that snapshot, of all sources.', 'short', 'max(copydesk_boilerplate_lines{%(sel)s})', w=4, h=6),
          b.graph('Learning', 'Articles looked at per minute to learn boilerplate, by what became of them.', 'cpm', [['{{result}}', 'sum by (result) (rate(copydesk_boilerplate_articles_total{%(sel)s}[$__rate_interval])) * 60']], h=6, stack=true),
          b.graph('Failures', 'Times learnt boilerplate could not be read or stored, per minute.', 'cpm', [['failures', 'sum(rate(copydesk_boilerplate_errors_total{%(sel)s}[$__rate_interval])) * 60']], h=6),
        ],
      ],
    ),
  },
}
