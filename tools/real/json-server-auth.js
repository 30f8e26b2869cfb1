'use strict';
// json-server with json-server-auth, its data in memory.
const http = require('node:http');
const jsonServer = require('json-server');
const auth = require('json-server-auth');
const bcrypt = require('bcryptjs');
const {account, listen} = require('./serving');

const app = jsonServer.create();
const router = jsonServer.router({
  users: [{id: 1, email: account.email, password: bcrypt.hashSync(account.password, 4)}],
});
app.db = router.db;
app.use(auth);
app.use(router);
listen(http.createServer(app));
