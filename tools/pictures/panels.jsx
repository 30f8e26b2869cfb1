// Draws panels of a dashboard with Grafana's components. State timelines and heat
// maps are no part of @grafana/ui: their cells are drawn here, on Grafana's plot.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { FieldType, ThemeContext, createTheme, formattedValueToString, getFieldDisplayName, getValueFormat } from '@grafana/data';
import {
  BigValue, BigValueColorMode, BigValueGraphMode, BigValueJustifyMode, BigValueTextMode, GlobalStyles, PanelChrome,
  Table, TimeSeries, UPlotChart, UPlotConfigBuilder, VizLegend,
} from '@grafana/ui';
import { frames, rangeOf } from './frames.js';

const cellHeight = 30, gap = 8; // of Grafana's grid

function Stat({ data, panel, theme, width, height }) {
  const field = data[0]?.fields.find((f) => f.type === FieldType.number);
  const value = field ? field.display(field.values[field.values.length - 1]) : { text: panel.fieldConfig.defaults.noValue, numeric: NaN };
  return <BigValue {...{ theme, width, height, value }} colorMode={BigValueColorMode.Value} graphMode={BigValueGraphMode.None}
    justifyMode={BigValueJustifyMode.Auto} textMode={BigValueTextMode.Value} />;
}

// Cells is a plot with one line of cells for each row; at gives a cell's color.
function Cells({ theme, width, height, range, names, times, step, at }) {
  const builder = new UPlotConfigBuilder('browser');
  builder.addScale({ scaleKey: 'x', isTime: true, orientation: 0, direction: 1, range: () => [range.from.valueOf(), range.to.valueOf()] });
  builder.addScale({ scaleKey: 'y', orientation: 1, direction: 1, range: [0, names.length] });
  builder.addAxis({ scaleKey: 'x', isTime: true, placement: 'bottom', timeZone: 'browser', theme, grid: { show: false } });
  builder.addAxis({
    scaleKey: 'y', placement: 'left', theme, splits: names.map((_, i) => i + 0.5), values: names.slice().reverse(),
    grid: { show: false }, ticks: { show: false },
    size: Math.min(320, 16 + 7 * Math.max(...names.map((n) => n.length))),
  });
  builder.addSeries({ scaleKey: 'y', theme, pathBuilder: () => null, show: true });
  builder.addHook('draw', (u) => {
    for (let row = 0; row < names.length; row++) {
      const top = u.valToPos(names.length - row, 'y', true), bottom = u.valToPos(names.length - row - 1, 'y', true);
      for (let i = 0; i < times.length; i++) {
        const color = at(row, i);
        if (!color) continue;
        const left = Math.max(u.bbox.left, u.valToPos(times[i] - step, 'x', true)), right = u.valToPos(times[i], 'x', true);
        u.ctx.fillStyle = color;
        u.ctx.fillRect(Math.round(left), Math.round(top) + 1, Math.round(right) - Math.round(left), Math.round(bottom - top) - 2);
      }
    }
  });
  return <UPlotChart config={builder} data={[times, times.map(() => null)]} width={width} height={height} />;
}

function Timeline({ data, panel, theme, height, ...size }) {
  const words = Object.values(panel.fieldConfig.defaults.mappings[0].options);
  const legendHeight = 24;
  const values = data.map((f) => f.fields[1]);
  const grid = onOneClock(data);
  return <>
    <Cells {...size} height={height - legendHeight} theme={theme} names={data.map((f) => getFieldDisplayName(f.fields[1], f))}
      times={grid.times} step={grid.step}
      at={(row, i) => {
        const value = grid.values[row].get(grid.times[i]);
        return value == null ? undefined : values[row].display(value).color;
      }} />
    <VizLegend placement="bottom" displayMode="list" items={words.map((w) => ({ label: w.text, color: theme.visualization.getColorByName(w.color), yAxis: 1 }))} />
  </>;
}

// Heatmap shows how many runs a bucket holds that its smaller neighbour does not.
function Heatmap({ data, panel, theme, ...size }) {
  const unit = (value) => formattedValueToString(getValueFormat(panel.fieldConfig.defaults.unit)(value));
  const bounds = data.map((f) => f.fields[1].labels.le).sort((a, b) => Number(a.replace('+Inf', 'Infinity')) - Number(b.replace('+Inf', 'Infinity')));
  const sorted = bounds.map((le) => data.find((f) => f.fields[1].labels.le === le));
  const grid = onOneClock(sorted);
  const count = (i, t) => Math.max(0, (grid.values[i].get(t) ?? 0) - (i > 0 ? grid.values[i - 1].get(t) ?? 0 : 0));
  const used = bounds.map((_, i) => i).filter((i) => grid.times.some((t) => count(i, t) > 0.5));
  const shown = bounds.map((_, i) => i).filter((i) => i >= used[0] - 1 && i <= used[used.length - 1] + 1).reverse();
  const most = Math.max(...shown.flatMap((i) => grid.times.map((t) => count(i, t))));
  return <Cells {...size} theme={theme} names={shown.map((i) => bounds[i] === '+Inf' ? 'more' : unit(Number(bounds[i])))} times={grid.times} step={grid.step}
    at={(row, i) => {
      const share = count(shown[row], grid.times[i]) / most;
      return share > 0.01 ? `rgba(255, 152, 48, ${Math.sqrt(share)})` : undefined;
    }} />;
}

function onOneClock(data) {
  const times = [...new Set(data.flatMap((f) => f.fields[0].values))].sort((a, b) => a - b);
  return {
    times, step: data[0]?.fields[0].config.interval ?? 1000,
    values: data.map((f) => new Map(f.fields[0].values.map((t, i) => [t, f.fields[1].values[i]]))),
  };
}

function Body({ item, data, theme, width, height, range }) {
  const { panel } = item;
  if (data.length === 0 && panel.type !== 'stat') return <div style={{ padding: 8 }}>No data</div>;
  switch (panel.type) {
    case 'stat':
      return <Stat {...{ data, panel, theme, width, height }} />;
    case 'timeseries':
      return <TimeSeries frames={data} timeRange={range} timeZone="browser" legend={panel.options.legend} options={panel.options}
        width={width} height={height} />;
    case 'table':
      return <Table data={data[0]} width={width} height={height} columnMinWidth={60} fieldConfig={panel.fieldConfig}
        initialSortBy={(panel.options.sortBy ?? []).map((s) => ({ displayName: s.displayName, desc: s.desc }))} />;
    case 'state-timeline':
      return <Timeline {...{ data, panel, theme, width, height, range }} />;
    case 'heatmap':
      return <Heatmap {...{ data, panel, theme, width, height, range }} />;
    default:
      throw new Error(`no way to draw a panel of type ${panel.type}`);
  }
}

function Page({ items, theme, range, width }) {
  const unit = (width - gap) / 24;
  return items.map(({ item, data, top }) => {
    const { x, w, h } = item.panel.gridPos;
    const place = { position: 'absolute', left: gap + x * unit, top };
    const [panelWidth, panelHeight] = [w * unit - gap, h * (cellHeight + gap) - gap];
    return (
      <div key={item.panel.id} style={place}>
        <PanelChrome title={item.panel.title} description={item.panel.description} width={panelWidth} height={panelHeight}
          padding={item.panel.type === 'table' ? 'none' : 'md'}>
          {(innerWidth, innerHeight) => <Body item={item} data={data} theme={theme} range={range} width={innerWidth} height={innerHeight} />}
        </PanelChrome>
      </div>
    );
  });
}

// draw shows the panels as the dashboard lays them out, without gaps where panels
// are left out, and gives the height that they take.
window.draw = async ({ items, from, to, mode, width }) => {
  const theme = createTheme({ colors: { mode } });
  let top = gap, line;
  const laid = [];
  for (const item of items) {
    const { y, h } = item.panel.gridPos;
    if (line && line.y !== y) top += line.h * (cellHeight + gap);
    line = line?.y === y ? { y, h: Math.max(h, line.h) } : { y, h };
    laid.push({ item, top, data: await frames(item, theme) });
  }
  const height = top + line.h * (cellHeight + gap);
  document.body.style.cssText = `margin: 0; height: ${height}px; background: ${theme.colors.background.canvas}`;
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Page items={laid} theme={theme} range={rangeOf({ from, to })} width={width} />
    </ThemeContext.Provider>);
  return height;
};
