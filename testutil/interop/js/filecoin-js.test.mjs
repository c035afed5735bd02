// filecoin.js, over HTTP and WebSocket.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { Daemon, event, forge, refusal, tokens, within } from './harness.mjs'

const require = createRequire(import.meta.url)
const { HttpJsonRpcConnector, LotusClient, WsJsonRpcConnector } = require('filecoin.js')

const REPLY_MS = 10_000

let daemon
let token
before(async () => {
  daemon = await Daemon.start()
  token = await tokens(daemon)
})
after(() => daemon?.stop())

const connectors = { http: HttpJsonRpcConnector, ws: WsJsonRpcConnector }

// Runs `use` with a client and releases it; over WebSocket this client waits for a reply for ever.
async function withClient(transport, url, token, use) {
  const connector = new connectors[transport]({ url, token })
  const client = new LotusClient(connector)
  try {
    return await within(REPLY_MS, 'the client is served', use(client, connector))
  } finally {
    await client.release()
  }
}

for (const transport of ['http', 'ws']) {
  describe(`filecoin.js over ${transport}`, () => {
    const as = (perm, use) => withClient(transport, daemon.url(transport), token[perm], use)

    test('read: Version and AuthVerify', () => as('read', async (client) => {
      const version = await client.common.version()
      assert.equal(version.APIVersion, 0x010500)
      assert.notEqual(version.Version, '')
      assert.deepEqual(await client.auth.verify(token.write), ['read', 'write'])
    }))

    test('v1 reports its own API version', () =>
      withClient(transport, daemon.url(transport, 'v1'), token.read, async (client) => {
        assert.equal((await client.common.version()).APIVersion, 0x020300)
      }))

    test('write: WalletNew, WalletHas and WalletList', () => as('write', async (client) => {
      const address = await client.wallet.new()
      assert.match(address, /^[ft]1[a-z2-7]{39}$/)
      assert.equal(await client.wallet.has(address), true)
      assert.ok((await client.wallet.list()).includes(address))
    }))

    test('sign: WalletSign with the default key, and WalletVerify', () => as('sign', async (client) => {
      const address = await client.wallet.new('bls')
      await client.wallet.setDefault(address)
      assert.equal(await client.wallet.getDefaultAddress(), address)
      const signature = await client.wallet.sign('hello')
      assert.equal(signature.Type, 2)
      assert.equal(await client.wallet.verify(address, 'hello', signature), true)
      const other = await client.wallet.verify(address, 'hullo', signature).catch(() => false)
      assert.equal(other, false)
    }))

    test('admin: AuthNew makes a token that works', () => as('admin', async (client) => {
      const minted = await client.auth.new(['read', 'write'])
      assert.deepEqual(await client.auth.verify(minted), ['read', 'write'])
      await withClient(transport, daemon.url(transport), minted, async (other) => {
        assert.ok(Array.isArray(await other.wallet.list()))
        await assert.rejects(other.auth.new(['read']), { ...refusal('AuthNew', 'admin'), code: 1 })
      })
    }))

    // A void method whose reply has no `result` would leave this client waiting over WebSocket.
    test('admin: a void method resolves', () => as('admin', async (client) => {
      const address = await client.wallet.new()
      assert.equal(await client.wallet.delete(address), null)
      assert.equal(await client.wallet.has(address), false)
    }))

    test('a read token is refused WalletNew in Lotus\'s words, with code 1', () =>
      as('read', (client) =>
        assert.rejects(client.wallet.new('bls'), { ...refusal('WalletNew', 'write'), code: 1 })))

    test('no token: Version answers, WalletNew is refused', () =>
      withClient(transport, daemon.url(transport), undefined, async (client) => {
        assert.equal((await client.common.version()).APIVersion, 0x010500)
        await assert.rejects(client.wallet.new('bls'), refusal('WalletNew', 'write'))
      }))
  })
}

describe('filecoin.js and a forged token', () => {
  test('over http: the status reaches the caller', () =>
    withClient('http', daemon.http(), forge(token.admin), (client) =>
      assert.rejects(client.common.version(), { code: 401, message: 'Unauthorized' })))

  // The client itself never reports a failed handshake to its caller; its socket knows.
  test('over ws: the handshake is answered with 401', async () => {
    const connector = new WsJsonRpcConnector({ url: daemon.ws(), token: forge(token.admin) })
    new LotusClient(connector)
    const failed = await within(REPLY_MS, 'the handshake fails', event(connector.websocket, 'error'))
    assert.match(failed.message, /401/)
  })
})

describe('filecoin.js and the Closing channel', () => {
  // The library has no Closing and never cancels, so this goes one level below it: a request through
  // its connector, and a cancellation through the connector's socket.
  test('it opens, and cancelling it by request id closes the channel', () =>
    withClient('ws', daemon.ws(), token.read, async (client, connector) => {
      await client.common.version()
      const sent = []
      const send = connector.websocket.send
      connector.websocket.send = function (data, ...rest) {
        sent.push(JSON.parse(data))
        return send.call(this, data, ...rest)
      }
      const channel = await connector.request({ method: 'Filecoin.Closing' })
      assert.ok(Number.isInteger(channel), `channel id ${channel}`)

      const closed = new Promise((resolve) => {
        connector.websocket.addEventListener('message', ({ data }) => {
          const frame = JSON.parse(data)
          if (frame.method === 'xrpc.ch.close') resolve(frame)
        })
      })
      const cancel = { jsonrpc: '2.0', method: 'xrpc.cancel', params: [sent[0].id] }
      connector.websocket.send(JSON.stringify(cancel))
      const frame = await closed
      assert.deepEqual(frame, { jsonrpc: '2.0', method: 'xrpc.ch.close', params: [channel] })
      assert.equal((await client.common.version()).APIVersion, 0x010500, 'the connection lives on')
    }))

  test('over http: the method is refused, because there is no way to answer', () =>
    withClient('http', daemon.http(), token.read, (client, connector) =>
      assert.rejects(connector.request({ method: 'Filecoin.Closing' }), { code: 500 })))

  test('it ends when the daemon is told to stop', async () => {
    const mortal = await Daemon.start()
    try {
      const connector = new WsJsonRpcConnector({ url: mortal.ws() })
      new LotusClient(connector)
      const opened = connector.request({ method: 'Filecoin.Closing' })
      assert.ok(Number.isInteger(await within(REPLY_MS, 'Closing is answered', opened)))
      const ended = event(connector.websocket, 'close')
      await mortal.stop()
      await within(REPLY_MS, 'the socket ends with the daemon', ended)
    } finally {
      await mortal.kill()
    }
  })
})
