// draw.mjs PROMETHEUS BEGAN: draws the README's pictures of the dashboards from
// what this Prometheus has of the time since BEGAN, in Unix seconds.
import fs from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const [prometheus, began] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.join(here, '..', '..');
// The packages are outside the sources; see .ci/dashboard-pictures.
const packages = path.join(repository, 'bin', 'pictures');
const load = createRequire(pathToFileURL(path.join(packages, 'package.json')));
const esbuild = load('esbuild');
const { chromium } = load('playwright-core');

const from = Number(began) + 12, to = Math.floor(Date.now() / 1000) - 1;
const width = 1400;

// Panels by their titles, as they stand in the dashboard.
const pictures = [
  {
    file: 'overview.png', dashboard: 'overview.json', mode: 'dark',
    titles: ['Logins watched', 'As documented', 'Drift', 'Failing', 'Stale', 'Resting', 'State of every login', 'Every login', 'Runs that were not ok', 'Why runs failed'],
  },
  {
    file: 'login-detail.png', dashboard: 'login-detail.json', mode: 'light', 
    login: 'topk(1, sum by (vendor, probe, target) (loginwatch_findings_total{class="breaking"}) and on (vendor, probe, target) loginwatch_token_lifetime_seconds)',
    titles: ['State', 'Availability', 'Availability budget left', 'Correctness', 'Correctness budget left', 'Within the time objective', 'Last ok', 'Probed every',
      'Verdicts', 'Why runs failed', 'Where the time goes', 'Login time', 'Login time, every run', 'How answers differ from the contract', 'Life of tokens'],
  },
  {
    file: 'prober-health.png', dashboard: 'prober-health.json', mode: 'dark',
    titles: ['Probers', 'Shortest time since a start', 'Configuration accepted', 'Configuration in force since', 'Runs broken by us', 'Slots skipped',
      'Slots', 'Slots unaccounted for', 'Lateness', 'Lateness, every run'],
  },
];

async function ask(kind, parameters) {
  const answer = await (await fetch(`${prometheus}/api/v1/${kind}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters.query}`);
  return answer.data.result;
}

// substitute puts in what Grafana puts in for its variables.
function substitute(expr, login, step) {
  const values = {
    __rate_interval: `${Math.max(step + 1, 4)}s`, __range: `${to - from}s`, window: '15s', job: '.*', instance: '.*', vendor: '.*', probe: '.*', target: '.*', ...login,
  };
  return expr.replace(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
}

async function itemsOf({ dashboard, titles, login }) {
  const { panels } = JSON.parse(await fs.readFile(path.join(repository, 'dashboards', 'grafana', dashboard)));
  const chosen = login && (await ask('query', { query: login }))[0].metric;
  return Promise.all(titles.map(async (title) => {
    const panel = panels.find((p) => p.title === title);
    if (!panel) throw new Error(`${dashboard} has no panel "${title}"`);
    return {
      panel,
      queries: await Promise.all(panel.targets.map(async (t) => {
        const step = t.interval ? 10 : 1;
        const query = substitute(t.expr, chosen, step);
        const start = Math.ceil(from / step) * step;
        const result = t.instant ? await ask('query', { query, time: to }) : await ask('query_range', { query, start, end: to, step });
        return { refId: t.refId, legend: t.legendFormat, step, result };
      })),
    };
  }));
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
    page.on('pageerror', (e) => console.error(`${picture.file}: ${e.message}`));
    await page.route('**/*', answer);
    await page.goto('http://pictures.invalid/');
    await page.addScriptTag({ content: text('.js') });
    const height = await page.evaluate((given) => window.draw(given), { items: await itemsOf(picture), from, to, mode: picture.mode, width });
    await page.setViewportSize({ width, height });
    await page.waitForFunction((n) => document.querySelectorAll('[data-testid="header-container"] svg').length >= n, picture.titles.length);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
    const file = path.join('docs', 'pictures', picture.file);
    await page.screenshot({ path: path.join(repository, file) });
    console.log(file);
    await page.close();
  }
} finally {
  await browser.close();
}
