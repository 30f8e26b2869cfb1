'use strict';
// LoopBack 3, with an application for each way to be set up, below a path of its own.
const http = require('node:http');
const loopback = require('loopback');
const express = require('express');
const {account, listen} = require('./serving');

const applications = {
  plain: {},
  users: {at: '/api', builtin: true}, // nothing but the framework's own model
  debug: {debug: true}, // errors with their stack, as a server that somebody forgot to configure
  unverified: {customer: {emailVerificationRequired: true}},
  locking: {lockAfter: 2},
};

// application is what the framework's own generator makes, in one function: a model
// of users in memory and its REST API.
async function application({at = '/kra-handler/api', builtin = false, debug = false, customer = {}, lockAfter = 0}) {
  const app = loopback({localRegistry: true, loadBuiltinModels: true});
  app.set('remoting', {errorHandler: {debug, log: false}, context: false});
  app.dataSource('db', {connector: 'memory'});
  app.enableAuth({dataSource: 'db'});
  const Customer = builtin ? app.registry.getModel('User') : customers(app, customer);
  if (lockAfter) lock(Customer, lockAfter);
  app.use(at, loopback.rest());
  app.use(loopback.urlNotFound());
  app.use(require('strong-error-handler')({debug, log: false}));
  await Customer.create(account);
  return app;
}

// customers are an application's own model of users.
function customers(app, settings) {
  // A database gives texts as ids; the one in memory would give numbers.
  const id = {type: 'string', id: true, defaultFn: 'guid'};
  const Customer = app.registry.createModel('customer', {id}, {base: 'User', idInjection: false, ...settings});
  app.model(Customer, {dataSource: 'db'});
  return Customer;
}

// lock refuses an account after so many failed logins, by the hooks that the
// framework has for it: it locks none itself.
function lock(Customer, after) {
  const failed = {};
  Customer.beforeRemote('login', (context, _, next) => {
    const error = new Error('the account is locked');
    error.statusCode = 401;
    error.code = 'ACCOUNT_LOCKED';
    next(failed[context.args.credentials.username] >= after ? error : undefined);
  });
  Customer.afterRemoteError('login', (context, next) => {
    const name = context.args.credentials.username;
    failed[name] = (failed[name] || 0) + 1;
    next();
  });
}

(async () => {
  const root = express();
  for (const [name, how] of Object.entries(applications)) root.use(`/${name}`, await application(how));
  listen(http.createServer(root));
})();
