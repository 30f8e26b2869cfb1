'use strict';
// A login by SOAP 1.1 whose envelopes the library soap reads and writes, after
// login.wsdl. The account and the sessions are all that is ours.
const {randomUUID} = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const soap = require('soap');
const {account, listen} = require('./serving');

const sessions = new Set();

const fault = (code, string) => ({Fault: {faultcode: code, faultstring: string, statusCode: 500}});

const port = {
  login({username, password}) {
    if (username !== account.username || password !== account.password) {
      throw fault('soap:Client.Login', 'the user name or the password is wrong');
    }
    const sessionId = randomUUID();
    sessions.add(sessionId);
    return {sessionId, secondsValid: 3600};
  },
  logout({sessionId}) {
    if (!sessions.delete(sessionId)) throw fault('soap:Client.Session', 'there is no such session');
    return {};
  },
};

const server = http.createServer((request, response) => {
  response.statusCode = 404;
  response.end();
});
const wsdl = fs.readFileSync(path.join(__dirname, 'login.wsdl'), 'utf8');
soap.listen(server, '/soap', {LoginService: {LoginPort: port}}, wsdl);
listen(server);
