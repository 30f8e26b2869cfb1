'use strict';
// What every server here has in common: it listens on a free port of the loopback
// interface, says so in one line, and ends when its standard input does, so that it
// never outlives the test that started it.

process.stdin.resume();
process.stdin.on('end', () => process.exit());

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
