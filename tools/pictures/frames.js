// Prometheus' answers as Grafana's data frames, with the dashboard's field
// configuration and transformations applied by Grafana's own code.
import {
  FieldConfigOptionsRegistry, FieldType, applyFieldOverrides, dateTime, identityOverrideProcessor,
  standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame,
} from '@grafana/data';

standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((t) => ({ ...t, transformation: t, name: t.name, editor: () => null })));

// The options that the dashboards use. In Grafana each panel registers
// its own; here one list serves all.
const option = (id, isCustom) => ({
  id: isCustom ? `custom.${id}` : id, path: id, name: id, isCustom,
  process: identityOverrideProcessor, shouldApply: () => true, override: () => null, editor: () => null,
});
const registry = new FieldConfigOptionsRegistry(() => [
  ...['unit', 'decimals', 'min', 'max', 'color', 'mappings', 'thresholds', 'noValue', 'links'].map((id) => option(id, false)),
  ...['drawStyle', 'lineWidth', 'lineStyle', 'fillOpacity', 'showPoints', 'spanNulls', 'stacking', 'thresholdsStyle', 'axisSoftMax', 'axisWidth',
    'align', 'minWidth', 'width', 'cellOptions', 'inspect', 'filterable'].map((id) => option(id, true)),
]);

const number = (text) => (text === 'NaN' ? null : Number(text));

function legendOf(template, labels) {
  return (template || '').replace(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? '') || Object.values(labels).join(' ') || 'Value';
}

// rows makes the table that the format "table" asks for: a column for each label.
function rows(query, several) {
  const labels = [...new Set(query.result.flatMap((s) => Object.keys(s.metric)))].filter((l) => l !== '__name__').sort();
  return toDataFrame({
    refId: query.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: query.result.map((s) => s.value[0] * 1000) },
      ...labels.map((l) => ({ name: l, type: FieldType.string, values: query.result.map((s) => s.metric[l] ?? '') })),
      { name: several ? `Value #${query.refId}` : 'Value', type: FieldType.number, values: query.result.map((s) => number(s.value[1])) },
    ],
  });
}

function series(query, s) {
  const values = s.values ?? [s.value];
  return toDataFrame({
    refId: query.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: values.map((v) => v[0] * 1000), config: { interval: query.step * 1000 } },
      {
        name: 'Value', type: FieldType.number, values: values.map((v) => number(v[1])),
        labels: s.metric, config: { displayNameFromDS: legendOf(query.legend, s.metric) },
      },
    ],
  });
}

// frames gives what a panel draws.
export async function frames({ panel, queries }, theme) {
  let data = panel.type === 'table'
    ? queries.map((q) => rows(q, queries.length > 1))
    : queries.flatMap((q) => q.result.map((s) => series(q, s)));
  for (const t of panel.transformations ?? []) {
    data = await new Promise((resolve, reject) =>
      transformDataFrame([t], data, { interpolate: (text) => text }).subscribe({ next: resolve, error: reject }));
  }
  return applyFieldOverrides({
    data, theme, timeZone: 'browser', fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry, replaceVariables: (text) => text,
  });
}

export const rangeOf = ({ from, to }) => {
  const range = { from: dateTime(from * 1000), to: dateTime(to * 1000) };
  return { ...range, raw: range };
};
