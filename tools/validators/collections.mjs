// collections.mjs PACKAGES: holds what our readers make of the collections under
// internal/importer against the parsers of those whose formats they are: Bruno's of its
// language, and Postman's library. Tests in Go hold the readers to the files *.golden; here
// each request that those parsers find has to stand there, with the same lines and no more.
import {readFileSync, readdirSync} from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'

const [packages] = process.argv.slice(2)
const require = createRequire(path.resolve(packages, 'package.json'))
const {bruToJsonV2} = require('@usebruno/lang')
const {Collection} = require('postman-collection')
const faults = []
const files = (dir, suffix) => readdirSync(dir).filter(f => f.endsWith(suffix)).map(f => path.join(dir, f))

// The kinds of lines of an exchange that are compared, and those that a token which the
// program fetches by itself has as well.
const compared = ['query', 'header', 'field', 'body', 'basic', 'answer', 'keeps']

// exchanges gives those of a golden file: what it is named and sends to, and its lines.
function exchanges(file) {
  const all = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, indent, kind, rest = ''] = /^( *)([^ ]*) ?(.*)$/.exec(line)
    if (kind === 'exchange') all.push({name: rest.replace(/ ?\([^(]*\)$/, ''), lines: []})
    else if (indent.length === 4 && all.length > 0) all.at(-1).lines.push(compared.includes(kind) ? `${kind} ${rest}` : line.trim())
  }
  return all
}

// named makes a name one of ours: small letters with underscores.
const named = name => name.replace(/^process\.env\./, '').replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[0-9_]+|_+$/g, '')
const text = value => String(value ?? '').replace(/{{([^{}]*)}}/g, (_, name) => `\${${named(name)}}`)
const plain = value => {
  try {
    return decodeURIComponent(String(value ?? '').replace(/\+/g, ' '))
  } catch {
    return String(value)
  }
}
const shown = value => text(value).replaceAll('\n', '\\n')
const line = (...words) => words.filter(w => w !== '').join(' ')
const encoded = segment => text(segment).replace(/ /g, '%20')

// address replaces the variables of a path.
function address(url, given) {
  const [whole] = url.split(/[?#]/)
  const [, scheme, rest] = /^((?:[a-z]+:\/\/)?)(.*)$/.exec(whole)
  const [host, ...segments] = rest.split('/')
  const parts = segments.map(s => !/^:./.test(s) ? encoded(s) : given.get(s.slice(1)) ? text(given.get(s.slice(1))) : `\${${named(s.slice(1))}}`)
  return [text((scheme || (rest.startsWith('{{') ? '' : 'http://')) + host), ...parts].join('/')
}

// compare holds the exchanges that a parser of others finds against ours, in their order.
function compare(file, theirs, ours) {
  if (ours.length < theirs.length) return [`${file}: ${ours.length} exchanges, and not ${theirs.length}`]
  return theirs.flatMap((t, i) => {
    const key = e => [e.name, ...e.lines].join('\n    ')
    return key(t) === key(ours[i]) ? [] : [`${file}: by its own parser it is\n    ${key(t)}\n  and by ours\n    ${key(ours[i])}`]
  })
}

const types = {json: 'application/json', xml: 'application/xml', text: 'text/plain', formUrlEncoded: 'application/x-www-form-urlencoded', multipartForm: 'multipart/form-data', graphql: 'application/json'}

function ofBruno(source) {
  const {meta, http, params = [], headers = [], auth = {}, body = {}, vars = {}, examples = []} = bruToJsonV2(source)
  const on = list => (list ?? []).filter(f => f.enabled)
  const given = new Map(on(params).filter(p => p.type === 'path').map(p => [p.name, p.value]))
  const lines = [line(http.method.toUpperCase(), address(http.url, given))]
  const after = []
  let typed = ''
  for (const p of on(params).filter(p => p.type === 'query')) lines.push(line('query', `${plain(p.name)}:`, text(plain(p.value))))
  for (const h of on(headers)) if (/^content-type$/i.test(h.name)) typed = h.value; else lines.push(line('header', `${h.name}:`, text(h.value)))
  if (auth.bearer) lines.push(line('header', 'Authorization: Bearer', text(auth.bearer.token)))
  if (auth.apikey) lines.push(line('header', `${auth.apikey.key}:`, text(auth.apikey.value)))
  if (auth.oauth2) lines.push(line('header', `Authorization: ${auth.oauth2.tokenHeaderPrefix} \${access_token}`))
  if (auth.basic) lines.push(line('basic', text(auth.basic.username), text(auth.basic.password)))
  if (http.body && http.body !== 'none') {
    const of = body[http.body]
    const fields = Array.isArray(of) ? on(of).filter(f => f.type !== 'file') : []
    const graphql = () => JSON.stringify({query: of.query, variables: JSON.parse(body.graphql.variables)})
    lines.push(line('body', typed || types[http.body], Array.isArray(of) ? '' : shown(http.body === 'graphql' ? graphql() : of)))
    for (const f of fields) lines.push(line('field', `${f.name}:`, shown(f.value)))
  }
  for (const {name, response} of examples) after.push({status: Number(response.status.code ?? response.status), name, type: (response.headers ?? []).find(h => /^content-type$/i.test(h.name))?.value ?? ''})
  return {name: meta.name, lines, after, kept: on(vars.res)}
}

const dir = 'internal/importer/bruno/testdata'
let requests = 0
const brus = files(dir, '.bru')
for (const file of brus) {
  const theirs = ofBruno(readFileSync(file, 'utf8'))
  const ours = exchanges(file.replace(/\.bru$/, '.golden'))
  const [first] = ours
  // Of what comes behind the request the examples are compared by status, name and type,
  // and the kept values by their names: what a script keeps stands there as well.
  const answers = first.lines.filter(l => l.startsWith('answer ')).map(l => l.replace(/ \([^(]*\)$/, ''))
  const keeps = first.lines.filter(l => l.startsWith('keeps '))
  first.lines = first.lines.filter(l => !l.startsWith('answer ') && !l.startsWith('keeps '))
  faults.push(...compare(file, [theirs], ours))
  const examples = theirs.after.map(a => line('answer', String(a.status), a.name, a.type))
  if (examples.length > 0 && examples.join('\n') !== answers.join('\n')) faults.push(`${file}: examples ${examples.join('; ')}, and not ${answers.join('; ')}`)
  for (const k of theirs.kept.filter(k => /^res\.[a-z]+[.[][^ ]*$/.test(k.value))) if (!keeps.some(l => l.startsWith(`keeps ${named(k.name)} `))) faults.push(`${file}: ${k.name} is not kept`)
  requests++
}

function ofPostman(json) {
  const all = []
  new Collection(json.collection ?? json).forEachItem(item => {
    const {method, url, headers, body} = item.request
    const given = new Map(url.variables.filter(v => v.value).map(v => [v.key, v.value]))
    const raw = (url.protocol ? `${url.protocol}://` : '') + url.getHost() + (url.port ? `:${url.port}` : '') + url.getPath({unresolved: true}).replace(/^\/$/, '')
    const lines = [line(method.toUpperCase(), address(raw, given))]
    const auth = item.getAuth()
    const of = name => auth?.parameters().get(name)
    const sets = auth?.type === 'basic' || auth?.type === 'bearer' || auth?.type === 'oauth2' ? 'authorization' : auth?.type === 'apikey' ? String(of('key')).toLowerCase() : ''
    let typed = ''
    const hasBody = body && !body.isEmpty() && !body.disabled && body.mode !== 'file'
    for (const q of url.query.filter(q => !q.disabled)) lines.push(line('query', `${plain(q.key)}:`, text(plain(q.value))))
    const key = auth?.type === 'apikey' && of('in') === 'query'
    if (key) lines.push(line('query', `${of('key')}:`, text(of('value'))))
    if (auth?.type === 'oauth2' && of('addTokenTo') === 'queryParams') lines.push(line('query', 'access_token:', text(of('accessToken'))))
    for (const h of headers.filter(h => !h.disabled && h.key.toLowerCase() !== sets)) if (hasBody && /^content-type$/i.test(h.key)) typed = h.value; else lines.push(line('header', `${h.key}:`, text(h.value)))
    if (auth?.type === 'bearer') lines.push(line('header', 'Authorization: Bearer', text(of('token'))))
    if (auth?.type === 'oauth2' && of('addTokenTo') !== 'queryParams') lines.push(line('header', 'Authorization:', of('headerPrefix') ?? 'Bearer', text(of('accessToken') ?? '{{accessToken}}')))
    if (auth?.type === 'apikey' && !key) lines.push(line('header', `${of('key')}:`, text(of('value'))))
    if (auth?.type === 'basic') lines.push(line('basic', text(of('username')), text(of('password'))))
    if (hasBody) {
      const {mode} = body
      const raw = mode === 'raw' ? body.raw : mode === 'graphql' ? graphql(body.graphql) : ''
      const kind = {urlencoded: types.formUrlEncoded, formdata: types.multipartForm, graphql: types.json}[mode] ?? types[body.options?.raw?.language ?? 'text']
      lines.push(line('body', typed || kind, shown(raw)))
      for (const f of (body[mode]?.all?.() ?? []).filter(f => !f.disabled && f.type !== 'file')) lines.push(line('field', `${f.key}:`, text(f.value)))
    }
    item.responses.each(r => lines.push(line('answer', String(r.code), r.name, r.headers.get('Content-Type') ?? '')))
    all.push({name: item.name, lines})
  })
  return all
}

const graphql = ({query, operationName, variables}) => JSON.stringify({query, operationName: operationName || undefined, variables: variables ? JSON.parse(variables) : undefined})

const postman = 'internal/importer/postman/testdata'
for (const file of files(postman, '.json')) {
  const json = JSON.parse(readFileSync(file, 'utf8'))
  if (json.info?.schema?.includes('/v2.0.')) continue // which Postman's library does not read
  const theirs = ofPostman(json)
  const ours = exchanges(file.replace(/\.json$/, '.golden'))
  for (const e of ours) e.lines = e.lines.filter(l => !l.startsWith('keeps ')).map(l => l.startsWith('answer ') ? l.replace(/ \([^(]*\)$/, '') : l)
  faults.push(...compare(file, theirs, ours))
  requests += theirs.length
}

// A judge that takes everything would prove nothing.
const broken = exchanges(path.join(dir, 'login.golden'))
broken[0].lines.pop()
if (compare('broken', [ofBruno(readFileSync(path.join(dir, 'login.bru'), 'utf8'))], broken).length === 0) faults.push('a request that lacks a line is accepted')
if (requests < 25) faults.push(`${requests} requests are too few`)
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`  ${requests} requests of Bruno and Postman read as their own parsers read them`)
