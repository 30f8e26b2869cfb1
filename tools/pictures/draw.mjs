// draw.mjs PROMETHEUS FROM TO: draws the README's pictures of the dashboards from
// what this Prometheus has of that time, in Unix seconds.
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const [prometheus, ...range] = process.argv.slice(2);
const [from, to] = range.map(Number);
const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.join(here, '..', '..');
// The packages are outside the sources; see .ci/dashboard-pictures.
const packages = path.join(repository, 'bin', 'pictures');
const load = createRequire(pathToFileURL(path.join(packages, 'package.json')));
const esbuild = load('esbuild');
const { chromium } = load('playwright-core');
globalThis.window = {}; // @grafana/data looks at it when it is loaded
const { dateTime, rangeUtil } = load('@grafana/data');

const width = 1500;
const scrapeInterval = '30s';

// Panels are left out by their titles; their neighbours move up.
const pictures = [
  { file: 'overview.png', dashboard: 'overview.json', mode: 'dark', without: ['Login time, median', 'Login time, 95th percentile'] },
  {
    file: 'login-detail.png', dashboard: 'login-detail.json', mode: 'light',
    login: 'topk(1, sum by (job, vendor, probe, target) (loginwatch_findings_total{class="breaking"}) and on (vendor, probe, target) loginwatch_token_lifetime_seconds)',
    without: [],
  },
  { file: 'prober-health.png', dashboard: 'prober-health.json', mode: 'dark', without: [] },
];

async function ask(kind, parameters) {
  const answer = await (await fetch(`${prometheus}/api/v1/${kind}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters.query}`);
  return answer.data.result;
}

const seconds = (text) => rangeUtil.intervalToSeconds(text);

// stepOf is the time between two points, as Grafana computes it.
function stepOf(target, panelWidth) {
  const range = { from: dateTime(from * 1000), to: dateTime(to * 1000) };
  return rangeUtil.calculateInterval(range, panelWidth, target.interval || scrapeInterval).intervalMs / 1000;
}

// substitute puts in what Grafana puts in for its variables.
function substitute(text, values) {
  return text.replace(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
}

async function itemsOf({ dashboard, without, login }) {
  const { panels, templating } = JSON.parse(await fs.readFile(path.join(repository, 'dashboards', 'grafana', dashboard)));
  const chosen = Object.fromEntries(templating.list.map((v) => [v.name, v.type === 'interval' ? v.current.value : '.*']));
  Object.assign(chosen, login && (await ask('query', { query: login, time: to }))[0].metric);
  return Promise.all(panels.filter((p) => p.type !== 'row' && !without.includes(p.title)).map(async (panel) => ({
    panel,
    queries: await Promise.all(panel.targets.map(async (t) => {
      const target = { ...t, interval: t.interval && substitute(t.interval, chosen) };
      const step = stepOf(target, (panel.gridPos.w / 24) * width);
      const least = seconds(target.interval || scrapeInterval);
      const query = substitute(t.expr, { ...chosen, __interval: `${step}s`, __rate_interval: `${Math.max(step + least, 4 * least)}s`, __range: `${to - from}s` });
      const start = Math.floor(from / step) * step;
      const result = t.instant ? await ask('query', { query, time: to }) : await ask('query_range', { query, start, end: to, step });
      return { refId: t.refId, legend: t.legendFormat, step, result };
    })),
  })));
}

// This package is CommonJS made from an ES module, and esbuild gives those that
// import it from an .mjs file the whole module where they want its default.
const plainDefault = {
  name: 'plain-default',
  setup: (build) => build.onLoad({ filter: /react-custom-scrollbars-2[/\\]lib[/\\]index\.js$/ }, async ({ path: file }) => ({
    contents: `${await fs.readFile(file, 'utf8')}\nmodule.exports = Object.assign(exports.default, exports);`,
  })),
};

const bundle = await esbuild.build({
  entryPoints: [path.join(here, 'panels.jsx')], bundle: true, write: false, format: 'iife', outdir: 'out', minify: true, loader: { '.ttf': 'empty' }, plugins: [plainDefault],
  define: { 'process.env.NODE_ENV': '"production"' }, nodePaths: [path.join(packages, 'node_modules')], logLevel: 'error',
});
const text = (ending) => bundle.outputFiles.find((f) => f.path.endsWith(ending)).text;

// answer stands for the server that a page of Grafana has its icons from.
async function answer(route) {
  const { pathname } = new URL(route.request().url());
  if (pathname === '/') {
    return route.fulfill({ contentType: 'text/html', body: `<!doctype html><style>${text('.css')}</style><div id="root"></div>` });
  }
  const file = path.join(packages, 'node_modules', '@grafana', 'ui', 'dist', pathname.replace('/build/', '/'));
  return route.fulfill({ path: file, contentType: 'image/svg+xml' }).catch(() => route.abort());
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
try {
  for (const picture of pictures) {
    const page = await browser.newPage({ viewport: { width, height: 1000 }, timezoneId: 'UTC' });
    await page.clock.setFixedTime(to * 1000); // what is "ago" counts from here
    page.on('pageerror', (e) => console.error(`${picture.file}: ${e.message}`));
    await page.route('**/*', answer);
    await page.goto('http://pictures.invalid/');
    await page.addScriptTag({ content: text('.js') });
    const items = await itemsOf(picture);
    const height = await page.evaluate((given) => window.draw(given), { items, from, to, mode: picture.mode, width });
    await page.setViewportSize({ width, height });
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="header-container"] svg').length >= n, items.length);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
    const file = path.join('docs', 'pictures', picture.file);
    await page.screenshot({ path: path.join(repository, file) });
    console.log(file);
    await page.close();
  }
} finally {
  await browser.close();
}
