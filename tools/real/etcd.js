'use strict';
// etcd with its users switched on, its data in the folder that it was started in.
const {spawn} = require('node:child_process');
const {account, call, run} = require('./serving');

const peer = 'http://127.0.0.1:0';

const start = (_, base) => spawn('etcd', [
  '--data-dir', 'data', '--auth-token', 'simple', '--bcrypt-cost', '4', '--logger', 'zap', '--log-level', 'error',
  '--listen-client-urls', base, '--advertise-client-urls', base,
  '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`,
], {stdio: ['ignore', 'inherit', 'inherit']});

(async () => {
  const base = await run(start, '/health');
  const auth = (path, body) => call('POST', `${base}/v3/auth/${path}`, body);
  await auth('user/add', {name: 'root', password: account.password});
  await auth('role/add', {name: 'root'});
  await auth('user/grant', {user: 'root', role: 'root'});
  await auth('user/add', {name: account.username, password: account.password});
  await auth('user/grant', {user: account.username, role: 'root'});
  await auth('enable', {});
  console.log(`ready ${base}`);
})();
