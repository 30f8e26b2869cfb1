'use strict';
// Node-RED with its admin API behind a password, its files in the folder it was started in.
const http = require('node:http');
const bcrypt = require('bcryptjs');
const express = require('express');
const red = require('node-red');
const {account, listen} = require('./serving');

const app = express();
const server = http.createServer(app);
red.init(server, {
  userDir: process.cwd(),
  httpAdminRoot: '/',
  httpNodeRoot: false,
  disableEditor: true,
  logging: {console: {level: 'fatal'}},
  externalModules: {palette: {allowInstall: false}},
  telemetry: {enabled: false},
  adminAuth: {
    type: 'credentials',
    users: [{username: account.username, password: bcrypt.hashSync(account.password, 4), permissions: '*'}],
  },
});
app.use('/', red.httpAdmin);
red.start().then(() => listen(server));
