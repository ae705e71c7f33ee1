// What dashboards are made of. A board is rows of panels; where each goes follows from
// its width and height.
{
  local ds = { type: 'prometheus', uid: '${datasource}' },

  // sel is in every query: which job and which processes.
  sel:: 'job=~"$job", instance=~"$instance"',

  // from fills a query in: %(sel)s is the selector of job and instance, %(job)s that of
  // the job alone, for recorded series, which have no instance.
  from(expr):: expr % { sel: $.sel, job: 'job=~"$job"' },

  target(expr, legend='', instant=false, format='time_series')::
    {
      datasource: ds,
      expr: $.from(std.stripChars(expr, '\n ')),
      legendFormat: legend,
      format: format,
      instant: instant,
      range: !instant,
    },

  // q is a target of a time series: {legend: expression} for each.
  local targets(queries, instant=false, format='time_series') = [
    $.target(queries[i][1], queries[i][0], instant, format) { refId: std.char(65 + i) }
    for i in std.range(0, std.length(queries) - 1)
  ],

  local panel(type, title, description, unit, w, h) = {
    type: type,
    title: title,
    description: description,
    datasource: ds,
    gridPos: { w: w, h: h },
    fieldConfig: {
      defaults: { unit: unit, noValue: '–' },
      overrides: [],
    },
  },

  local steps(thresholds) = {
    mode: 'absolute',
    steps: [{ color: thresholds[0], value: null }] + [
      { color: thresholds[i + 1], value: thresholds[i] }
      for i in std.range(1, std.length(thresholds) - 2)
      if i % 2 == 1
    ],
  },

  // stat is one number, of now or, with a spark, of the time shown. thresholds are a
  // colour, then pairs of a value and the colour from there on.
  stat(title, description, unit, query, w=3, h=4, thresholds=['text'], decimals=null, spark=true)::
    panel('stat', title, description, unit, w, h) {
      targets: targets([['', query]], instant=!spark),
      fieldConfig+: {
        defaults+: { thresholds: steps(thresholds), color: { mode: 'thresholds' } } +
                   (if decimals == null then {} else { decimals: decimals }),
      },
      options: {
        colorMode: 'value',
        graphMode: if spark then 'area' else 'none',
        justifyMode: 'auto',
        orientation: 'auto',
        textMode: 'value',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },

  // graph is lines over time: queries are pairs of a legend and an expression.
  graph(title, description, unit, queries, w=8, h=8, stack=false, min=0, max=null, log=false)::
    panel('timeseries', title, description, unit, w, h) {
      targets: targets(queries),
      fieldConfig+: {
        defaults+: {
          color: { mode: 'palette-classic' },
          custom: {
            drawStyle: 'line',
            lineWidth: 1,
            fillOpacity: if stack then 30 else 5,
            showPoints: 'never',
            spanNulls: false,
            stacking: { mode: if stack then 'normal' else 'none', group: 'A' },
            scaleDistribution: if log then { type: 'log', log: 10 } else { type: 'linear' },
          },
        } + (if min == null || log then {} else { min: min }) + (if max == null then {} else { max: max }),
      },
      options: {
        legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },

  // table is the labels of an instant query; hide are labels nobody wants to read.
  table(title, description, unit, query, w=8, h=8, hide=[])::
    panel('table', title, description, unit, w, h) {
      targets: targets([['', query]], instant=true, format='table'),
      options: { showHeader: true, cellHeight: 'sm' },
      transformations: [{ id: 'organize', options: { excludeByName: { [name]: true for name in ['Time'] + hide }, indexByName: {}, renameByName: {} } }],
    },

  bars(title, description, unit, query, legend, w=8, h=8)::
    panel('bargauge', title, description, unit, w, h) {
      targets: targets([[legend, query]], instant=true),
      fieldConfig+: { defaults+: { min: 0, color: { mode: 'continuous-BlPu' } } },
      options: {
        displayMode: 'basic',
        orientation: 'horizontal',
        valueMode: 'color',
        showUnfilled: true,
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },

  text(title, content, w=24, h=6):: {
    type: 'text',
    title: title,
    description: '',
    gridPos: { w: w, h: h },
    options: { mode: 'markdown', content: content },
  },

  row(title):: { type: 'row', title: title, collapsed: false, panels: [], gridPos: { w: 24, h: 1 } },

  // place puts lines of panels one under the other and gives every panel its number.
  local place(lines) =
    local put(state, line) =
      local y = state.y;
      local laid = std.foldl(
        function(s, p) { x: s.x + p.gridPos.w, panels: s.panels + [p { gridPos+: { x: s.x, y: y } }] },
        line,
        { x: 0, panels: [] }
      );
      assert laid.x <= 24 : 'a line of panels is %d wide' % laid.x;
      { y: y + std.foldl(function(m, p) std.max(m, p.gridPos.h), line, 0), panels: state.panels + laid.panels };
    local all = std.foldl(put, lines, { y: 0, panels: [] }).panels;
    [all[i] { id: i + 1 } for i in std.range(0, std.length(all) - 1)],

  // variable is a choice among a label's values.
  variable(name, label, query, multi=true):: {
    name: name,
    label: label,
    type: 'query',
    datasource: ds,
    query: { query: query, refId: 'variable-' + name, qryType: 1 },
    refresh: 2,
    sort: 1,
    multi: multi,
    includeAll: multi,
    hide: 0,
    skipUrlSync: false,
    regex: '',
  } + (if multi then { allValue: '.+', current: { selected: true, text: 'All', value: '$__all' } } else {}),

  board(title, uid, description, lines, variables=[], tags=[], refresh='30s', from='now-1h'):: {
    title: title,
    uid: uid,
    description: description,
    tags: tags,
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    refresh: refresh,
    time: { from: from, to: 'now' },
    timezone: 'browser',
    fiscalYearStartMonth: 0,
    weekStart: '',
    annotations: { list: [] },
    links: [{
      title: 'copydesk',
      type: 'dashboards',
      tags: tags,
      asDropdown: false,
      includeVars: true,
      keepTime: true,
      targetBlank: false,
      icon: 'external link',
      tooltip: '',
      url: '',
    }],
    templating: {
      list: [
        {
          name: 'datasource',
          label: 'Data Source',
          type: 'datasource',
          query: 'prometheus',
          refresh: 1,
          hide: 0,
          multi: false,
          includeAll: false,
          regex: '',
          skipUrlSync: false,
        },
        $.variable('job', 'Job', 'label_values(copydesk_build_info, job)'),
        $.variable('instance', 'Instance', 'label_values(copydesk_build_info{job=~"$job"}, instance)'),
      ] + variables,
    },
    panels: place(lines),
  },
}
