import { writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { test } from 'tap'
import { builtDemo } from '../fixture/launched-plugin.ts'
import { startServe } from '../fixture/served-plugin.ts'

const ACTION = '/api-plugin/v4/action'
const nothing = { Command: 'nothing', Model: {}, Params: {} }

/** A certificate that is its own CA. */
async function certificate(commonName: string) {
  const altNames = [{ type: 7 as const, ip: '127.0.0.1' }]
  const extensions = [
    { name: 'basicConstraints' as const, cA: true },
    { name: 'subjectAltName' as const, altNames },
  ]
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions,
  })
  return { cert: made.cert, key: made.private }
}

/** Whether the connection resumed a TLS session, and the answer to GET. The agent keeps the session tickets that it gets. */
function getWith(agent: Agent, address: string): Promise<{ isResumed: boolean; status: number | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = get(address, { agent, signal: AbortSignal.timeout(20_000) }, (response) => {
      const isResumed = (response.socket as TLSSocket).isSessionReused()
      response.on('error', reject)
      response.on('end', () => resolve({ isResumed, status: response.statusCode }))
      response.resume()
    })
    sent.on('error', reject)
  })
}

test('serve with TLS', async (t) => {
  const { folder, executable } = await builtDemo(t)
  const [server, client, stranger] = [
    await certificate('127.0.0.1'),
    await certificate('client'),
    await certificate('x'),
  ]
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const tls = ['--tls-cert', await file('cert.pem', server.cert), '--tls-key', await file('key.pem', server.key)]
  const ca = ['--client-ca', await file('ca.pem', client.cert)]
  const trusting = { ca: server.cert }

  await t.test('a token is enough, and its lack is not', async (t) => {
    const { ask, url } = await startServe(t, executable, { args: tls })
    t.match(url, /^https:/)
    t.equal((await ask(ACTION, nothing, trusting)).status, 200)
    t.equal((await ask(ACTION, nothing, { ...trusting, headers: { authorization: 'Bearer no' } })).status, 401)
  })

  await t.test(
    'a certificate of the CA is enough; another one, and none, get health and readiness alone',
    async (t) => {
      const { ask } = await startServe(t, executable, { args: [...tls, ...ca], env: { POWERBUS_TOKEN: '' } })
      t.equal((await ask(ACTION, nothing, { ...trusting, ...client })).status, 200)
      for (const shown of [{}, stranger]) {
        const as = { ...trusting, ...shown }
        t.equal((await ask('/healthz', undefined, as)).status, 200)
        t.equal((await ask('/readyz', undefined, as)).status, 503)
        t.equal((await ask(ACTION, nothing, as)).status, 401)
        t.equal((await ask('/metrics', undefined, as)).status, 401)
      }
    },
  )

  await t.test('a session that is resumed has the rights with which it began', async (t) => {
    const { url } = await startServe(t, executable, { args: [...tls, ...ca], env: { POWERBUS_TOKEN: '' } })
    for (const [shown, status] of [
      [{}, 401],
      [stranger, 401],
      [client, 200],
    ] as const) {
      const agent = new Agent({ ...trusting, ...shown })
      t.teardown(() => agent.destroy())
      t.match(await getWith(agent, `${url}/metrics`), { isResumed: false, status })
      t.match(await getWith(agent, `${url}/metrics`), { isResumed: true, status })
    }
  })

  await t.test('beyond the loopback it starts with a CA, and with a token', async (t) => {
    for (const setup of [{ args: [...tls, ...ca], env: { POWERBUS_TOKEN: '' } }, { args: tls }]) {
      const anywhere = [...setup.args, '--http', '0.0.0.0:0']
      const { url } = await startServe(t, executable, { ...setup, args: anywhere })
      t.match(url, /^https:\/\/0\.0\.0\.0:\d+$/)
    }
  })
})
