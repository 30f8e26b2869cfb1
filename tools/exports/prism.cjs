// prism.cjs PACKAGES FOLDER: serves every OpenAPI document of a folder with Prism, each on a
// port of its own and all in one process, as `prism mock` does. It prints a line for each,
// NAME ADDRESS, and then “ready”.
const {readdirSync} = require('node:fs')
const {createRequire} = require('node:module')
const path = require('node:path')

const [packages, folder] = process.argv.slice(2)
const cli = createRequire(createRequire(path.resolve(packages, 'package.json')).resolve('@stoplight/prism-cli'))
const {getHttpOperationsFromSpec} = cli('@stoplight/prism-http')
const {createServer} = cli('@stoplight/prism-http-server')
const {createLogger} = cli('@stoplight/prism-core')

const config = {validateRequest: true, validateResponse: true, checkSecurity: true, errors: false, isProxy: false, mock: {dynamic: false}}
const suffix = '.openapi.yaml'

async function serve() {
  for (const file of readdirSync(folder).filter(f => f.endsWith(suffix))) {
    const operations = await getHttpOperationsFromSpec(path.join(folder, file))
    const server = createServer(operations, {cors: false, config, components: {logger: createLogger('prism', {level: 'silent'})}})
    console.log(path.basename(file, suffix), await server.listen(0, '127.0.0.1'))
  }
  console.log('ready')
}

serve().catch(e => {
  console.error(e)
  process.exit(1)
})
