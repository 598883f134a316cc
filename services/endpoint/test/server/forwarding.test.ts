import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

test('/plugin-apis forwards any method, path and body to the plugin unchanged, without the token', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const sent = method === 'GET' ? {} : { body: 'a=1&b', headers: { 'content-type': 'text/odd' } }
    const { status, headers, body } = await call(method, '/plugin-apis/demo/v1/a%2Fb?x=1', sent)
    t.same(
      [status, headers['x-fixture'], body.method, body.url],
      [202, 'yes', method, '/plugin-apis/demo/v1/a%2Fb?x=1'],
    )
    t.equal(body.text, method === 'GET' ? '' : 'a=1&b')
    t.notOk('authorization' in body.headers)
  }
  t.equal((await call('GET', '/plugin-apis/demo/x', { token: '' })).status, 401)
  t.equal((await call('GET', '/plugin-apis/nobody/x')).status, 404)
})

test('unpacked files are served without a token, and files outside their folder are not', async (t) => {
  const { call, stateDir, endpoint } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const got = await call('GET', '/files/plugin_providers/demo/unpacked.txt', { token: '' })
  t.same([got.status, got.text], [200, 'yes'])
  writeFileSync(join(stateDir, 'secret'), 'secret')
  symlinkSync(join(stateDir, 'secret'), join(stateDir, 'files/link'))
  for (const path of ['link', 'none', 'plugin_providers', '..%2Fsecret', '%00', 'x'.repeat(300)]) {
    t.equal((await call('GET', `/files/${path}`, { token: '' })).status, 404, path)
  }
  const { hostname, port } = new URL(endpoint.url)
  const raw = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  raw.write('GET /files/../secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(await textOf(raw), /^HTTP\/1.1 40[14] /)
})
