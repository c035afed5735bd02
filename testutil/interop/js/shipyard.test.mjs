// The Filecoin Shipyard client (@filecoin-shipyard/lotus-client-*), over HTTP and WebSocket.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { Daemon, event, forge, refusal, tokens, within } from './harness.mjs'

// The packages' ES modules cannot be imported by Node (no "type" in their package.json).
const require = createRequire(import.meta.url)
const { LotusRPC } = require('@filecoin-shipyard/lotus-client-rpc')
const { NodejsProvider } = require('@filecoin-shipyard/lotus-client-provider-nodejs')
const { mainnet } = require('@filecoin-shipyard/lotus-client-schema')

const REPLY_MS = 10_000
const base64 = (text) => Buffer.from(text).toString('base64')

let daemon
let token
before(async () => {
  daemon = await Daemon.start()
  token = await tokens(daemon)
})
after(() => daemon?.stop())

// Runs `use` with a client and closes the client's socket afterwards; this client has no time-outs.
async function withClient(url, token, use) {
  const provider = new NodejsProvider(url, { token })
  const api = new LotusRPC(provider, { schema: mainnet.fullNode })
  try {
    return await within(REPLY_MS, 'the client is served', use(api, provider))
  } finally {
    await api.destroy()
  }
}

for (const transport of ['http', 'ws']) {
  describe(`shipyard over ${transport}`, () => {
    const as = (perm, use) => withClient(daemon.url(transport), token[perm], use)
    const anonymous = (use) => withClient(daemon.url(transport), undefined, use)

    test('read: Version and AuthVerify', () => as('read', async (api) => {
      const version = await api.version()
      assert.equal(version.APIVersion, 0x010500)
      assert.equal(typeof version.Version, 'string')
      assert.notEqual(version.Version, '')
      assert.deepEqual(await api.authVerify(token.sign), ['read', 'write', 'sign'])
    }))

    test('v1 reports its own API version', async () => {
      await withClient(daemon.url(transport, 'v1'), token.read, async (api) => {
        assert.equal((await api.version()).APIVersion, 0x020300)
      })
    })

    test('write: WalletNew, WalletHas and WalletList', () => as('write', async (api) => {
      const address = await api.walletNew('secp256k1')
      assert.match(address, /^[ft]1[a-z2-7]{39}$/)
      assert.equal(await api.walletHas(address), true)
      assert.ok((await api.walletList()).includes(address))
    }))

    for (const [type, shape, code] of [['secp256k1', /^[ft]1/, 1], ['bls', /^[ft]3/, 2]]) {
      test(`sign: WalletSign and WalletVerify with a ${type} key`, () => as('sign', async (api) => {
        const address = await api.walletNew(type)
        assert.match(address, shape)
        const signature = await api.walletSign(address, base64('hello'))
        assert.equal(signature.Type, code)
        assert.equal(await api.walletVerify(address, base64('hello'), signature), true)
        // Lotus reports another text's signature as an error or as false, depending on the key type.
        const other = await api.walletVerify(address, base64('hullo'), signature).catch(() => false)
        assert.equal(other, false)
      }))
    }

    test('admin: AuthNew makes a token that works', () => as('admin', async (api) => {
      const minted = Buffer.from(await api.authNew(['read', 'write']), 'base64').toString()
      assert.deepEqual(await api.authVerify(minted), ['read', 'write'])
      await withClient(daemon.url(transport), minted, async (other) => {
        assert.ok(Array.isArray(await other.walletList()))
        const address = await other.walletNew('secp256k1')
        await assert.rejects(other.walletSign(address, base64('hello')), refusal('WalletSign', 'sign'))
      })
    }))

    test('admin: a void method resolves', () => as('admin', async (api) => {
      const address = await api.walletNew('secp256k1')
      await api.walletDelete(address)
      assert.equal(await api.walletHas(address), false)
    }))

    test('each permission that is missing is refused in Lotus\'s words', async () => {
      await as('read', (api) => assert.rejects(api.walletNew('bls'), refusal('WalletNew', 'write')))
      await as('write', (api) => assert.rejects(api.authNew(['read']), refusal('AuthNew', 'admin')))
      await as('sign', (api) => assert.rejects(api.authNew(['read']), refusal('AuthNew', 'admin')))
    })

    test('no token: Version answers, WalletNew is refused', () => anonymous(async (api) => {
      assert.equal((await api.version()).APIVersion, 0x010500)
      await assert.rejects(api.walletNew('bls'), refusal('WalletNew', 'write'))
    }))
  })
}

describe('shipyard and a forged token', () => {
  // The client parses the body before it looks at the status, and a refused token has no body.
  test('over http: the empty 401 reaches the caller as a parse error', () =>
    withClient(daemon.http(), forge(token.admin), (api) =>
      assert.rejects(api.version(), /invalid json response body/)))

  test('over ws: the handshake fails', () =>
    withClient(daemon.ws(), forge(token.admin), (api) =>
      assert.rejects(api.version(), { message: 'websocket error' })))
})

describe('shipyard and the Closing channel', () => {
  test('over ws: it opens, and cancelling it is confirmed', () =>
    withClient(daemon.ws(), token.read, async (api, provider) => {
      const [cancel, ready] = api.closing(() => {})
      await ready
      const [channel] = provider.subscriptions.keys()
      assert.ok(Number.isInteger(channel), `channel id ${channel}`)
      // Resolves on xrpc.ch.close for that channel and on nothing else.
      await cancel()
      assert.equal((await api.version()).APIVersion, 0x010500, 'the connection lives on')
    }))

  test('over ws: two at once, and cancelling one leaves the other alone', () =>
    withClient(daemon.ws(), token.read, async (api, provider) => {
      const closed = []
      // One after the other: replies may overtake each other, here as in Lotus.
      const first = api.closing(() => {})
      await first[1]
      const second = api.closing(() => {})
      await second[1]
      provider.ws.addEventListener('message', ({ data }) => {
        const frame = JSON.parse(data)
        if (frame.method === 'xrpc.ch.close') closed.push(frame.params[0])
      })
      const [one, two] = provider.subscriptions.keys()
      assert.notEqual(one, two)
      await second[0]()
      // A full round trip, so that a wrongly sent second close would have arrived.
      await api.version()
      assert.deepEqual(closed, [two])
      await first[0]()
      assert.deepEqual(closed, [two, one])
    }))

  test('over ws: it ends when the daemon is told to stop', async () => {
    const mortal = await Daemon.start()
    try {
      const provider = new NodejsProvider(mortal.ws())
      const api = new LotusRPC(provider, { schema: mainnet.fullNode })
      const [, ready] = api.closing(() => {})
      await within(REPLY_MS, 'Closing is answered', ready)
      const ended = event(provider.ws, 'close')
      await mortal.stop()
      await within(REPLY_MS, 'the socket ends with the daemon', ended)
    } finally {
      await mortal.kill()
    }
  })
})
