// iso-filecoin: an independent implementation of Filecoin's addresses, keys, signatures and messages
// checks what our wallet makes, and our wallet accepts what it makes.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import * as Address from 'iso-filecoin/address'
import { Message } from 'iso-filecoin/message'
import { RPC } from 'iso-filecoin/rpc'
import { Signature } from 'iso-filecoin/signature'
import * as Wallet from 'iso-filecoin/wallet'
import { Daemon, forge, refusal, tokens } from './harness.mjs'

const require = createRequire(import.meta.url)
const CID = require('cids')

const data = Buffer.from('interoperate \u2713 \0\u0001\u0002')

let daemon
let token
before(async () => {
  // The library compares addresses as text and takes f… for granted, so ask for the mainnet's letter.
  daemon = await Daemon.start({ LOTUS_ADDRESS_TYPE: '_mainnet_' })
  token = await tokens(daemon)
})
after(() => daemon?.stop())

const client = (token) => new RPC({ api: daemon.http('v1'), token, network: 'mainnet' })

async function call(rpc, method, ...params) {
  const { result, error } = await rpc.call({ method: `Filecoin.${method}`, params })
  if (error) throw error
  return result
}

// Throws unless iso-filecoin, given nothing but the address, finds the signature to be of `bytes`.
function checkSignature(wire, bytes, address) {
  const signature = Signature.fromLotus(wire)
  if (signature.type === 'SECP256K1') {
    assert.equal(Wallet.recoverAddress(signature, bytes, 'mainnet').toString(), address)
  } else {
    // A BLS address is its public key.
    assert.ok(Wallet.verify(signature, bytes, Address.fromString(address).payload))
  }
}

const kinds = [
  { type: 'secp256k1', name: 'SECP256K1', prefix: 'f1', code: 1, bytes: 65 },
  { type: 'bls', name: 'BLS', prefix: 'f3', code: 2, bytes: 96 }
]

for (const { type, name, prefix, code, bytes } of kinds) {
  describe(`iso-filecoin and our ${type} keys`, () => {
    test('the address is well-formed', async () => {
      const address = await call(client(token.write), 'WalletNew', type)
      assert.ok(address.startsWith(prefix), address)
      assert.equal(Address.fromString(address).toString(), address)
    })

    test('it accepts what WalletSign signs, and nothing else', async () => {
      const rpc = client(token.sign)
      const address = await call(rpc, 'WalletNew', type)
      const wire = await call(rpc, 'WalletSign', address, data.toString('base64'))
      assert.equal(wire.Type, code)
      assert.equal(Buffer.from(wire.Data, 'base64').length, bytes)
      checkSignature(wire, data, address)
      assert.throws(() => checkSignature(wire, Buffer.from('something else'), address))
    })

    test('it accepts what WalletSignMessage signs, and computes the same CID', async () => {
      const rpc = client(token.sign)
      const from = await call(rpc, 'WalletNew', type)
      const to = await call(rpc, 'WalletNew', 'secp256k1')
      const message = new Message({
        to,
        from,
        nonce: 7,
        value: '1234567890123456789',
        gasLimit: 2_000_000,
        gasFeeCap: '101',
        gasPremium: '99',
        method: 0,
        params: Buffer.from([0x81, 0x18, 0x2a]).toString('base64')
      })
      const signed = await call(rpc, 'WalletSignMessage', from, message.toLotus())
      const echoed = Message.fromLotus(signed.Message)
      assert.deepEqual(echoed.toLotus(), message.toLotus())
      assert.equal(signed.Message.CID['/'], new CID(Buffer.from(message.cidBytes())).toString())
      assert.equal(signed.Signature.Type, code)
      checkSignature(signed.Signature, message.cidBytes(), from)
      if (type === 'bls') {
        // A BLS message is stored without its signature, so it keeps the CID of the bare message.
        assert.deepEqual(signed.CID, signed.Message.CID)
      } else {
        assert.notDeepEqual(signed.CID, signed.Message.CID)
      }
    })

    test('it derives the same address from what WalletExport exports', async () => {
      const rpc = client(token.admin)
      const address = await call(rpc, 'WalletNew', type)
      const key = await call(rpc, 'WalletExport', address)
      assert.equal(key.Type, type)
      const account = Wallet.accountFromLotus(Buffer.from(JSON.stringify(key)).toString('hex'), 'mainnet')
      assert.equal(account.address.toString(), address)

      // The same key signs the same bytes on both sides. ECDSA may differ in its nonce, BLS has none.
      const ours = await call(rpc, 'WalletSign', address, data.toString('base64'))
      const theirs = Wallet.sign(account.privateKey, name, data).toLotus()
      assert.equal(await call(rpc, 'WalletVerify', address, data.toString('base64'), theirs), true)
      if (type === 'bls') assert.deepEqual(ours, theirs)
    })

    test('our wallet imports its key, under the address that it computed', async () => {
      const rpc = client(token.admin)
      const account = Wallet.create(name, 'mainnet')
      const expected = account.address.toString()
      // accountToLotus turns a BLS key's bytes around in place; nothing here needs them afterwards.
      const key = JSON.parse(Buffer.from(Wallet.accountToLotus(account), 'hex').toString())
      assert.equal(await call(rpc, 'WalletImport', key), expected)
      assert.equal(await call(rpc, 'WalletHas', expected), true)
      checkSignature(await call(rpc, 'WalletSign', expected, data.toString('base64')), data, expected)
    })
  })
}

describe('iso-filecoin as a client', () => {
  test('Version answers with and without a token', async () => {
    for (const each of [token.read, undefined]) {
      const { result, error } = await client(each).version()
      assert.equal(error, undefined)
      assert.equal(result.APIVersion, 0x020300)
    }
  })

  test('a delegated key gets an address of the Ethereum address manager', async () => {
    const address = await call(client(token.write), 'WalletNew', 'delegated')
    const parsed = Address.fromString(address)
    assert.ok(Address.isAddressDelegated(parsed), address)
    assert.ok(address.startsWith('f410f'), address)
    assert.equal(Address.fromEthAddress(Address.toEthAddress(parsed), 'mainnet').toString(), address)
  })

  test('a read token is refused WalletNew in Lotus\'s words', async () => {
    await assert.rejects(call(client(token.read), 'WalletNew', 'bls'), refusal('WalletNew', 'write'))
  })

  test('a forged token is 401', async () => {
    const { error } = await client(forge(token.admin)).version()
    assert.match(error?.message ?? 'no error', /401/)
  })
})
