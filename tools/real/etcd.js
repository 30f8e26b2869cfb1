'use strict';
// etcd with its users switched on, its data in the folder that it was started in.
// It can't listen on a port of the system's choice: its own gateway calls the address
// that it was given. So a port is chosen here.
const {spawn} = require('node:child_process');
const net = require('node:net');
const {account} = require('./serving');

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    const {port} = server.address();
    server.close(() => resolve(port));
  });
});

async function call(base, path, body) {
  const answer = await fetch(base + path, {method: 'POST', body: JSON.stringify(body)});
  if (!answer.ok) throw new Error(`etcd answered ${path} with ${answer.status}`);
}

(async () => {
  const base = `http://127.0.0.1:${await freePort()}`;
  const peer = 'http://127.0.0.1:0';
  const etcd = spawn('etcd', [
    '--data-dir', 'data', '--auth-token', 'simple', '--bcrypt-cost', '4', '--logger', 'zap', '--log-level', 'error',
    '--listen-client-urls', base, '--advertise-client-urls', base,
    '--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`,
  ], {stdio: ['ignore', 'inherit', 'inherit']});
  process.on('exit', () => etcd.kill('SIGKILL'));
  etcd.on('exit', () => process.exit(1));
  for (;;) { // until it listens; whoever started this sets the time limit
    const there = await fetch(`${base}/health`).then((answer) => answer.ok, () => false);
    if (there) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await call(base, '/v3/auth/user/add', {name: 'root', password: account.password});
  await call(base, '/v3/auth/role/add', {name: 'root'});
  await call(base, '/v3/auth/user/grant', {user: 'root', role: 'root'});
  await call(base, '/v3/auth/user/add', {name: account.username, password: account.password});
  await call(base, '/v3/auth/user/grant', {user: account.username, role: 'root'});
  await call(base, '/v3/auth/enable', {});
  console.log(`ready ${base}`);
})();
