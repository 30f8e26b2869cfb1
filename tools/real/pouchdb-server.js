'use strict';
// PouchDB Server, which speaks CouchDB's API, its data in memory and its settings in
// the folder that it was started in.
const {spawn} = require('node:child_process');
const path = require('node:path');
const {account, call, run} = require('./serving');

const program = path.join(path.dirname(require.resolve('pouchdb-server/package.json')), 'bin', 'pouchdb-server');

const start = (port) => spawn(process.execPath, [
  program, '--in-memory', '--host', '127.0.0.1', '--port', port, '--no-stdout-logs',
], {stdio: ['ignore', 'ignore', 'inherit']});

(async () => {
  const base = await run(start, '/');
  await call('PUT', `${base}/_config/admins/${account.username}`, account.password);
  console.log(`ready ${base}`);
})();
