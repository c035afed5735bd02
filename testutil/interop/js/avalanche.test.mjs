// avalanche (AvalancheJS 3.16.0), the last release whose client has the Auth API.
//
// It resolves revokeToken and changePassword with `result.success`, which is undefined since
// AvalancheGo 1.7.14 answers `{}` as the documentation says: here, too, that is success.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Daemon, within } from './harness.mjs'

const { Avalanche } = createRequire(import.meta.url)('avalanche')

const REPLY_MS = 10_000
const PASSWORD = 'correct horse battery staple'
const CHANGED = 'fejhkefjhefjhefhje'

let daemon
before(async () => {
  daemon = await Daemon.start({}, async (repo) => {
    const file = join(repo, 'password')
    await writeFile(file, `${PASSWORD}\n`, { mode: 0o600 })
    return ['--api-auth-required', '--api-auth-password-file', file]
  })
})
after(() => daemon?.stop())

/** A client that sends this token with everything, or none. */
function client(token) {
  const [host, port] = daemon.address.split(':')
  const avalanche = new Avalanche(host, Number(port), 'http', 12345)
  if (token) avalanche.setAuthToken(token)
  return avalanche
}

const auth = () => client().Auth()
const reply = (promise) => within(REPLY_MS, 'the client is served', promise)

/** With Node's fetch this client hides status and body of a 401, so they are looked at directly. */
async function refused(token, path, message) {
  const call = path === '/ext/info' ? client(token).Info().peers() : client(token).Health().health()
  await assert.rejects(reply(call), { code: 'ERR_BAD_REQUEST' })
  const response = await fetch(`http://${daemon.address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'info.peers', params: {} }),
    signal: AbortSignal.timeout(REPLY_MS)
  })
  assert.equal(response.status, 401)
  assert.equal(response.headers.get('content-type'), 'application/json')
  const { error, ...rest } = await response.json()
  assert.deepEqual(rest, { jsonrpc: '2.0', id: 1 })
  assert.equal(error.code, -32600)
  assert.match(error.message, message)
}

describe('avalanche and the Auth API', () => {
  test('without a token nothing else is reachable', () =>
    refused(undefined, '/ext/info', /^auth token not provided$/))

  test('a token opens the endpoints it names, and no others', async () => {
    const token = await reply(auth().newToken(PASSWORD, ['/ext/bc/F', '/ext/info']))
    const info = client(token).Info()
    assert.deepEqual(await reply(info.peers()), [])
    assert.match(await reply(info.getNodeVersion()), /^lotus\//)
    assert.match(await reply(info.getNodeID()), /^NodeID-/)
    assert.equal(await reply(info.isBootstrapped('F')), true)
    await refused(token, '/ext/health', /does not allow access to this endpoint/)
  })

  test('a token for * opens them all', async () => {
    const token = await reply(auth().newToken(PASSWORD, ['*']))
    assert.equal((await reply(client(token).Health().health())).healthy, true)
  })

  test('errors of the service reach the caller in its words', async () => {
    const failed = (promise, message) => assert.rejects(reply(promise), { message })
    await failed(auth().newToken('wrong', ['*']), 'incorrect password')
    await failed(auth().newToken('', ['*']), 'empty password')
    await failed(auth().newToken(PASSWORD, []), 'must name at least one endpoint')
    await failed(
      auth().changePassword(PASSWORD, PASSWORD), "new password can't be same as old password")
    await failed(auth().changePassword(PASSWORD, 'password'), 'password is too weak')
  })

  test('a revoked token is refused; revoking nonsense does nothing', async () => {
    const token = await reply(auth().newToken(PASSWORD, ['/ext/info']))
    const other = await reply(auth().newToken(PASSWORD, ['/ext/info']))
    assert.deepEqual(await reply(client(token).Info().peers()), [])
    assert.equal(await reply(auth().revokeToken(PASSWORD, token)), undefined)
    await refused(token, '/ext/info', /^the provided auth token was revoked$/)
    assert.deepEqual(await reply(client(other).Info().peers()), [])
    assert.equal(await reply(auth().revokeToken(PASSWORD, 'not.a.token')), undefined)
  })

  // The last test: it leaves the daemon with another password.
  test('a changed password kills its tokens, and a restart undoes nothing', async () => {
    const token = await reply(auth().newToken(PASSWORD, ['*']))
    assert.equal(await reply(auth().changePassword(PASSWORD, CHANGED)), undefined)
    await refused(token, '/ext/info', /revoked|invalid/)
    const fresh = await reply(auth().newToken(CHANGED, ['/ext/info']))

    await daemon.restart()
    await refused(token, '/ext/info', /revoked|invalid/)
    assert.deepEqual(await reply(client(fresh).Info().peers()), [])
    await assert.rejects(
      reply(auth().newToken(PASSWORD, ['*'])), { message: 'incorrect password' })
  })
})
