import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

  await t.test('beyond the loopback it starts with a CA, and with a token', async (t) => {
    for (const setup of [{ args: [...tls, ...ca], env: { POWERBUS_TOKEN: '' } }, { args: tls }]) {
      const anywhere = [...setup.args, '--http', '0.0.0.0:0']
      const { url } = await startServe(t, executable, { ...setup, args: anywhere })
      t.match(url, /^https:\/\/0\.0\.0\.0:\d+$/)
    }
  })
})
