// Starts and stops the real `lotus` binary for the tests of this directory.
//
// Every daemon lives in a directory of its own that is its repo and its home, listens on a port that
// the system picks, and is gone when its test file ends, whatever happened in between.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

// Generous on purpose: a machine that builds at the same time must not fail a test.
const START_MS = 30_000
const STOP_MS = 15_000
const POLL_MS = 20

const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// The test runner ends a file that takes too long, or that the user interrupts, with a signal.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

/** Settles as `promise` does, or rejects after `ms` with an error that says what did not happen. */
export function within(ms, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Resolves with the next event of that name on a DOM-style or Node-style emitter. */
export function event(emitter, name) {
  return new Promise((resolve) => {
    if (emitter.once) emitter.once(name, resolve)
    else emitter.addEventListener(name, resolve, { once: true })
  })
}

/** What Lotus says, word for word, when a caller lacks a permission. */
export function refusal(method, permission) {
  return { message: `missing permission to invoke '${method}' (need '${permission}')` }
}

/** A token that every verifier must refuse: `token` with its last MAC character changed. */
export function forge(token) {
  // The last character of a 32-byte MAC carries two unused bits, so change the one before it.
  const at = token.length - 2
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

/** A running `lotus daemon`. */
export class Daemon {
  #args
  #child
  #env
  #exited
  #log = ''

  /**
   * Starts a daemon on a fresh repo and resolves once its API answers.
   *
   * `args` are added to its command line; a function gets the repo's directory and returns them.
   */
  static async start(env = {}, args = []) {
    const binary = process.env.LOTUS_BIN
    assert.ok(binary, 'set LOTUS_BIN to the lotus binary, or start the tests with ../run')
    const daemon = new Daemon()
    daemon.binary = binary
    daemon.repo = await mkdtemp(join(tmpdir(), 'lotus-interop-'))
    daemon.#env = { ...cleanEnv(), HOME: daemon.repo, LOTUS_PATH: daemon.repo, ...env }
    try {
      daemon.#args = typeof args === 'function' ? await args(daemon.repo) : args
      daemon.#spawn()
      await daemon.#ready()
    } catch (error) {
      await daemon.kill()
      throw error
    }
    return daemon
  }

  #spawn() {
    this.#child = spawn(this.binary, ['daemon', '--api', '0', '--repo', this.repo, ...this.#args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    running.add(this.#child)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => { this.#log = (this.#log + text).slice(-16_384) })
    }
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ error }))
      this.#child.once('exit', (code, signal) => {
        running.delete(this.#child)
        resolve({ code, signal })
      })
    })
  }

  // The `api` file is written before the listener accepts, so the API itself has to answer, too.
  async #ready() {
    let gone
    this.#exited.then((how) => { gone = how })
    const deadline = Date.now() + START_MS
    while (Date.now() < deadline) {
      if (gone) break
      try {
        this.address = parseApi(await readFile(join(this.repo, 'api'), 'utf8'))
        const reply = await fetch(this.http('v0'), {
          method: 'POST',
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'Filecoin.Version', params: [] }),
          signal: AbortSignal.timeout(5_000)
        })
        // 401 is an answer, too: of a daemon that wants a token for everything.
        if (reply.ok || reply.status === 401) return
      } catch {
        // Not there yet.
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    const why = gone ? `it ended: ${describe(gone)}` : `no answer within ${START_MS} ms`
    throw new Error(`the daemon did not start; ${why}\n${this.#log}`)
  }

  http(version = 'v0') {
    return `http://${this.address}/rpc/${version}`
  }

  ws(version = 'v0') {
    return `ws://${this.address}/rpc/${version}`
  }

  url(transport, version = 'v0') {
    return transport === 'ws' ? this.ws(version) : this.http(version)
  }

  /** Mints a token with the command that an operator would type. */
  async token(perm) {
    const { stdout } = await promisify(execFile)(
      this.binary, ['auth', 'create-token', '--perm', perm],
      { env: this.#env, timeout: START_MS }
    )
    const token = stdout.trim()
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/, 'create-token prints a token and nothing else')
    return token
  }

  /** Ends the daemon and starts it again on the same repo; its port is another one then. */
  async restart() {
    await this.#terminate()
    this.#spawn()
    await this.#ready()
  }

  /** Sends SIGTERM; resolves when the daemon has ended with status 0. */
  async stop() {
    try {
      await this.#terminate()
    } finally {
      await this.kill()
    }
  }

  async #terminate() {
    this.#child.kill('SIGTERM')
    const how = await within(STOP_MS, 'the daemon ends after SIGTERM', this.#exited)
    assert.deepEqual(how, { code: 0, signal: null }, `unclean exit\n${this.#log}`)
  }

  /** Ends the daemon by force, if it still runs, and removes its files. */
  async kill() {
    if (this.#child && running.has(this.#child)) {
      this.#child.kill('SIGKILL')
      await within(STOP_MS, 'the daemon ends after SIGKILL', this.#exited)
    }
    await rm(this.repo, { recursive: true, force: true })
  }
}

/** One token per permission, each minted by the command line. */
export async function tokens(daemon) {
  const minted = {}
  for (const perm of ['read', 'write', 'sign', 'admin']) minted[perm] = await daemon.token(perm)
  return minted
}

// Settings of the developer's own node must not leak into the one under test.
function cleanEnv() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^LOTUS_|_API_INFO$/.test(name))
  )
}

function parseApi(multiaddr) {
  const match = /^\/ip4\/([\d.]+)\/tcp\/([1-9]\d*)(\/http)?$/.exec(multiaddr.trim())
  if (!match) throw new Error(`not the multiaddr of a bound listener: ${multiaddr}`)
  return `${match[1]}:${match[2]}`
}

function describe({ error, code, signal }) {
  if (error) return error.message
  return signal ? `signal ${signal}` : `status ${code}`
}
