import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { generate } from 'selfsigned'
import { test } from 'tap'
import { apiAccess } from '../../src/host/endpoint-access.ts'
import { type ApiState, apiState } from '../../src/serve/readiness.ts'

/** An endpoint's `info`, and how often somebody got as far as showing a token to it. */
async function startApi(scope: TestScope) {
  const extensions = [
    { name: 'basicConstraints' as const, cA: true },
    { name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] },
  ]
  const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keySize: 2048, extensions })
  const tokens: unknown[] = []
  const server = createServer({ cert: made.cert, key: made.private }, (request, response) => {
    const { authorization } = request.headers
    tokens.push(authorization)
    response.writeHead(authorization === 'Bearer good' ? 200 : 401, { 'content-type': 'application/json' })
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  scope.teardown(close)
  const caFile = join(tempFolder(scope), 'ca.pem')
  writeFileSync(caFile, made.cert)
  return {
    url: `https://127.0.0.1:${port}`,
    caFile,
    fingerprint: new X509Certificate(made.cert).fingerprint256,
    tokens,
    close,
  }
}

async function stateOf(scope: TestScope, env: NodeJS.ProcessEnv): Promise<ApiState> {
  const { api } = apiAccess(env)
  const state = await apiState(api)
  if (state !== 'missing') scope.teardown(() => api().close())
  return state
}

test('the token goes to the endpoint of the certificate that was named, and to no other', async (t) => {
  const [right, other] = [await startApi(t), await startApi(t)]
  const env = { RS_ENDPOINT: right.url, RS_TOKEN: 'good' }
  t.equal(await stateOf(t, env), 'ok', 'any certificate where none is named, as with DRP')
  t.equal(await stateOf(t, { ...env, RS_CA_FILE: right.caFile }), 'ok')
  t.equal(await stateOf(t, { ...env, RS_FINGERPRINT: right.fingerprint }), 'ok')
  t.equal(right.tokens.length, 3)
  t.equal(await stateOf(t, { ...env, RS_CA_FILE: other.caFile }), 'untrusted')
  t.equal(await stateOf(t, { ...env, RS_FINGERPRINT: other.fingerprint }), 'untrusted')
  t.equal(right.tokens.length, 3)
})

test('what keeps a plugin from the API has a word of its own', async (t) => {
  const { url, close } = await startApi(t)
  t.equal(await stateOf(t, { RS_ENDPOINT: url, RS_TOKEN: 'expired' }), 'unauthorized')
  t.equal(await stateOf(t, { RS_ENDPOINT: url, RS_TOKEN: 'good', RS_CA_FILE: '/nowhere/ca.pem' }), 'missing')
  close()
  t.match(await stateOf(t, { RS_ENDPOINT: url, RS_TOKEN: 'good' }), /^(unreachable|timeout)$/)
})
