// judge.mjs PACKAGES REPORTS RUNS STORE PAGES [no-sarif]: holds the reports in REPORTS, the
// runs of a history in RUNS, what is said of a store and its export in STORE, the pages in
// PAGES and the schemas of the repository against judges that are not ours: ajv in its strict
// mode, har-validator, html-validate, and Microsoft's SARIF validator with the rules of GitHub. Says nothing
// but one line when all is well. A judge that takes everything would prove
// nothing, so each must also refuse what is broken on purpose.
import {execFileSync} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'

const [packages, reports, runs, store, pages, noSarif] = process.argv.slice(2)
const require = createRequire(path.resolve(packages, 'package.json'))
const Ajv = require('ajv')
const har = require('har-validator')
const {HtmlValidate} = require('html-validate')
const faults = []
const read = file => JSON.parse(readFileSync(file, 'utf8'))
const files = (dir, suffix) => readdirSync(dir).filter(f => f.endsWith(suffix)).map(f => path.join(dir, f))

// A vendor's schema cites in keywords of our own, may use the formats of draft-07
// (JSON Schema Validation, 7.3), and has branches that require a field without
// defining it again.
const formats = [
  'date', 'date-time', 'time', 'email', 'idn-email', 'hostname', 'idn-hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference',
  'iri', 'iri-reference', 'uri-template', 'json-pointer', 'relative-json-pointer', 'regex',
]

function compile(schema, ofVendor) {
  if (!ofVendor) {
    const ajv = new Ajv({strict: true}) // which knows what our schemas refer to
    for (const other of ours) if (other.$id !== schema.$id) ajv.addSchema(other)
    return ajv.compile(schema)
  }
  const ajv = new Ajv({strict: true, strictRequired: false, formats: Object.fromEntries(formats.map(f => [f, true]))})
  return ajv.addVocabulary(['x-cite', 'x-in', 'x-evidence', 'x-secret']).compile(schema)
}

function refuses(what, attempt) {
  try {
    if (attempt() === false) return
  } catch {
    return
  }
  faults.push(`${what} is accepted, though it is broken on purpose`)
}

const ours = files('schemas/meta', '.schema.json').map(read)
const compiled = new Map()
let schemas = 0
for (const folder of readdirSync('schemas')) {
  for (const file of files(path.join('schemas', folder), '.schema.json')) {
    schemas++
    try {
      compiled.set(file, compile(read(file), folder !== 'meta'))
    } catch (e) {
      faults.push(`${file}: ajv: ${e.message}`)
    }
  }
}
refuses('a schema with an unknown keyword', () => compile({type: 'object', propertys: {}}, false))

const shape = compiled.get('schemas/meta/report.schema.json')
if (!shape) end()
const seen = {verdicts: new Set(), classes: new Set(), targets: 0}
const jsons = files(reports, '.json')
for (const file of jsons) {
  const report = read(file)
  if (!shape(report)) faults.push(`${file}: ajv: ${JSON.stringify(shape.errors)}`)
  if (path.basename(file).startsWith('golden-')) continue
  for (const result of report.results) {
    seen.verdicts.add(result.verdict)
    for (const finding of result.findings) seen.classes.add(finding.class)
  }
  seen.targets = Math.max(seen.targets, new Set(report.results.map(r => r.target)).size)
}
refuses('a report without a verdict', () => {
  const report = read(jsons[0])
  delete report.results[0].verdict
  return shape(report)
})

const verdicts = ['ok', 'drift', 'rejected', 'throttled', 'unavailable', 'broken', 'skipped']
for (const v of verdicts) if (!seen.verdicts.has(v)) faults.push(`no real report has the verdict ${v}`)
for (const c of ['breaking', 'tolerated', 'additive']) if (!seen.classes.has(c)) faults.push(`no real report has a ${c} finding`)
if (seen.targets < 2) faults.push('no real report has several targets')

const past = compiled.get('schemas/meta/history.schema.json')
for (const file of files(runs, '.json')) if (!past || !past(read(file))) faults.push(`${file}: ajv: ${JSON.stringify(past?.errors)}`)

const hars = files(reports, '.har')
if (hars.length < 3) faults.push(`${hars.length} HTTP archives are too few`)
for (const file of hars) {
  const archive = read(file)
  await har.har(archive).catch(e => faults.push(`${file}: har-validator: ${JSON.stringify(e.errors)}`))
  for (const {request, response, time, timings: {dns, connect, send, wait, receive}} of archive.log.entries) {
    const sum = [dns, connect, send, wait, receive].filter(t => t >= 0).reduce((a, b) => a + b, 0)
    if (Math.abs(sum - time) > 0.01) faults.push(`${file}: the timings are ${sum} and not ${time}`)
    for (const {mimeType, text} of [request.postData ?? {}, response.content]) {
      if (mimeType === 'application/json' && text && !text.startsWith('<')) JSON.parse(text)
    }
  }
}
const imported = files('internal/importer/har/testdata', '.har')
if (imported.length < 7) faults.push(`${imported.length} archives as browsers write them are too few`)
for (const file of imported) await har.har(read(file)).catch(e => faults.push(`${file}: har-validator: ${JSON.stringify(e.errors)}`))
for (const change of [e => { delete e.request.url }, e => { e.startedDateTime = 'yesterday' }, e => { e.timings.wait = '1' }]) {
  const archive = read(hars[0])
  change(archive.log.entries[0])
  await har.har(archive).then(() => faults.push('an archive is accepted, though it is broken on purpose'), () => {})
}
judgeStore()
const htmls = files(pages, '.html')
await judgePages()

const sarifs = files(reports, '.sarif')
if (sarifs.length < 3) faults.push(`${sarifs.length} SARIF reports are too few`)
if (!noSarif) judgeSarif()
end()

function judgeStore() {
  const shapes = ['store', 'export'].map(name => compiled.get(`schemas/meta/${name}.schema.json`))
  if (shapes.includes(undefined)) return
  const [check, line] = shapes
  if (!check(read(path.join(store, 'check.json')))) faults.push(`store check: ajv: ${JSON.stringify(check.errors)}`)
  const lines = readFileSync(path.join(store, 'export.jsonl'), 'utf8').trimEnd().split('\n').map(l => JSON.parse(l))
  for (const l of lines) if (!line(l)) faults.push(`store export: ajv: ${JSON.stringify(l)}: ${JSON.stringify(line.errors)}`)
  for (const kind of ['meta', 'job', 'slot', 'line', 'run', 'credential', 'end']) if (!lines.some(l => l.kind === kind)) faults.push(`the export has no line of ${kind}`)
  refuses('a run without a verdict', () => {
    const run = {...lines.find(l => l.kind === 'run')}
    delete run.verdict
    return line(run)
  })
}

async function judgePages() {
  if (htmls.length < 40) faults.push(`${htmls.length} pages are too few`)
  const validator = new HtmlValidate({root: true, extends: ['html-validate:recommended', 'html-validate:document']})
  for (const file of htmls) {
    for (const {messages} of (await validator.validateFile(file)).results) {
      for (const m of messages) faults.push(`${file}:${m.line}:${m.column}: html-validate: ${m.ruleId}: ${m.message}`)
    }
  }
  const whole = readFileSync(htmls[0], 'utf8')
  for (const [rule, broken] of Object.entries({
    'close-order': whole.replace('</td>', '</p>'),
    'element-permitted-content': whole.replace('<ul>', '<ul><p>a</p>'),
    'no-dup-id': whole.replaceAll(/id="[^"]*"/g, 'id="a"'),
    'heading-level': whole.replaceAll('h2', 'h5'),
    'element-required-attributes': whole.replace(' lang="en"', ''),
  })) {
    const found = (await validator.validateString(broken)).results.flatMap(r => r.messages.map(m => m.ruleId))
    if (!found.includes(rule)) faults.push(`html-validate does not apply ${rule}, but ${found}`)
  }
}

function judgeSarif() {
  const broken = path.join(reports, 'broken')
  mkdirSync(broken)
  const breaks = {
    GH1015: run => { run.results[0].locations = [] },
    GH2012: run => { delete run.tool.driver.rules[0].fullDescription },
    SARIF1009: run => { run.results[0].ruleIndex = 10000 },
  }
  const some = sarifs.find(f => read(f).runs[0].results.length > 0)
  for (const [rule, change] of Object.entries(breaks)) {
    const log = read(some)
    change(log.runs[0])
    writeFileSync(path.join(broken, `${rule}.sarif`), JSON.stringify(log))
  }

  const found = validate([...sarifs, ...files(broken, '.sarif')])
  for (const [rule] of Object.entries(breaks)) {
    if (!found.some(f => f.rule === rule && f.file.endsWith(`/broken/${rule}.sarif`))) faults.push(`the SARIF validator does not apply ${rule}`)
  }
  for (const f of found) if (!f.file.includes('/broken/')) faults.push(`${f.file}: ${f.rule} ${f.level}: ${f.message}`)
}

// validate gives every error and warning; the validator itself ends with 0
// whatever it finds.
function validate(logs) {
  const program = require(`@microsoft/sarif-multitool-${process.platform}`)
  chmodSync(program, 0o755) // what npm leaves to an install script
  const output = path.join(reports, 'validator-says')
  const said = execFileSync(program, [
    'validate', ...logs.map(f => path.resolve(f)), '--rule-kind', 'Sarif;Gh;Ghas', '--level', 'Error;Warning',
    '--config', 'tools/validators/sarif.config.xml', '--output', output, '--log', 'ForceOverwrite',
  ], {encoding: 'utf8', env: {...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1'}})
  if (!said.includes(`${logs.length} files scanned`)) faults.push(`the SARIF validator did not read all ${logs.length} reports:\n${said}`)
  const [run] = read(output).runs
  rmSync(output)
  return (run.results ?? []).map(r => ({
    rule: r.ruleId,
    level: r.level ?? 'warning',
    file: r.locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? '',
    message: r.message.text ?? (r.message.arguments ?? []).join(' '),
  }))
}

function end() {
  if (faults.length > 0) {
    console.error(faults.join('\n'))
    process.exit(1)
  }
  const judged = noSarif ? 'SARIF not judged' : `${sarifs.length} SARIF reports`
  console.log(`  ${schemas} schemas, ${jsons.length} JSON reports, ${hars.length} HTTP archives, ${htmls.length} pages, ${judged}: no objection`)
}
