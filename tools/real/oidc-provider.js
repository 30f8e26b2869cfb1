'use strict';
// oidc-provider, certified by the OpenID Foundation, its data in memory. Its access
// tokens are JWTs, signed by the first of its keys: "announce" adds one, and "rotate"
// takes the first away. With the argument "opaque" they are no JWTs, and revocable.
const {generateKeyPairSync} = require('node:crypto');
const http = require('node:http');
const {default: Provider} = require('oidc-provider');
const {account, give, on} = require('./serving');

let made = 0;
const key = () => ({
  ...generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({format: 'jwk'}),
  kid: `key-${++made}`, use: 'sig', alg: 'RS256',
});

const api = 'urn:example:api';

const keys = [key()];

const configuration = (client) => ({
  clients: [{
    ...client,
    grant_types: ['client_credentials', 'refresh_token', 'authorization_code'],
    redirect_uris: ['https://client.example.com/callback'],
  }],
  findAccount: (_, id) => ({accountId: id, claims: () => ({sub: id})}),
  jwks: {keys},
  rotateRefreshToken: true,
  features: {
    devInteractions: {enabled: false},
    clientCredentials: {enabled: true},
    revocation: {enabled: true},
    introspection: {enabled: true},
    resourceIndicators: {
      enabled: process.argv[2] !== 'opaque',
      defaultResource: (context) => (context.oidc.params.grant_type === 'client_credentials' ? api : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({scope: 'read', audience: api, accessTokenFormat: 'jwt', jwt: {sign: {alg: 'RS256'}}}),
    },
  },
});

// refreshToken is one that a person's consent, which needs a browser, would have given.
async function refreshToken(provider, clientId) {
  const grant = new provider.Grant({accountId: account.username, clientId});
  grant.addOIDCScope('openid offline_access');
  const token = new provider.RefreshToken({
    accountId: account.username, client: await provider.Client.find(clientId), grantId: await grant.save(),
    scope: 'openid offline_access', gty: 'authorization_code', authTime: Math.floor(Date.now() / 1000),
  });
  return token.save();
}

let handle;
const server = http.createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = {client_id: account.client_id, client_secret: account.client_secret};
  const provider = new Provider(issuer, configuration(client));
  handle = provider.callback();
  const change = (how) => () => {
    how();
    handle = new Provider(issuer, configuration(client)).callback();
  };
  on('announce', change(() => keys.push(key())));
  on('rotate', change(() => keys.shift()));
  for (let i = 0; i < 250; i++) give('refresh_token', await refreshToken(provider, account.client_id));
  console.log(`ready ${issuer}`);
});
