'use strict';
// What every server here has in common: it listens on a free port of the loopback
// interface, says so in one line, and ends when its standard input does, so that it
// never outlives the test that started it.

process.stdin.resume();
process.stdin.on('end', () => process.exit());
process.on('SIGTERM', () => process.exit());

// on does something when the test asks for it, and says that it is done.
exports.on = (what, how) => {
  require('node:readline').createInterface({input: process.stdin}).on('line', (line) => {
    if (line !== what) return;
    how();
    console.log(`did ${what}`);
  });
};

// The account that the test logs in with.
exports.account = {
  username: process.env.REAL_USERNAME,
  email: process.env.REAL_EMAIL,
  password: process.env.REAL_PASSWORD,
  client_id: process.env.REAL_CLIENT_ID,
  client_secret: process.env.REAL_CLIENT_SECRET,
};

// give tells the test a secret that only the server could make.
exports.give = (name, value) => console.log(`give ${name} ${value}`);

// listen says where the server is once it takes requests.
exports.listen = (server) => {
  server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${server.address().port}`));
};

// run starts a program that can't listen on a port of the system's choice, so one is
// chosen here; it gives the address once the program answers there. Whoever started
// this sets the time limit.
exports.run = async (start, health) => {
  const net = require('node:net');
  const port = await new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const chosen = server.address().port;
      server.close(() => resolve(chosen));
    });
  });
  const base = `http://127.0.0.1:${port}`;
  const program = start(port, base);
  process.on('exit', () => program.kill('SIGKILL'));
  program.on('exit', () => process.exit(1));
  const answers = () => fetch(base + health).then((answer) => answer.ok, () => false);
  while (!await answers()) await new Promise((resolve) => setTimeout(resolve, 50));
  return base;
};

// call sends JSON and wants a success.
exports.call = async (method, url, body) => {
  const answer = await fetch(url, {method, body: JSON.stringify(body)});
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname} was answered with ${answer.status}`);
};
