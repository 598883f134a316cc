import diagnostics from 'node:diagnostics_channel'
import { isJsonObject } from '@powerbus/drp'
import type { TestScope } from '@powerbus/testkit'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { checkedCall } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** `METHOD URL` of the routes without a description, of the servers that this process makes from now on. */
function collectUndescribed(scope: TestScope): ReadonlySet<string> {
  const routes = new Set<string>()
  const onServer = (message: unknown) => {
    if (!isJsonObject(message)) return
    const server = message.fastify as unknown as FastifyInstance
    server.addHook('onRoute', ({ method, url, config }) => {
      // The socket for plugins has no description.
      if (config?.describe || method === 'HEAD' || /\/(?:api-server-plugin|plugin-apis)\//.test(url)) return
      routes.add(`${method} ${url}`)
    })
  }
  diagnostics.subscribe('fastify.initialization', onServer)
  scope.teardown(() => diagnostics.unsubscribe('fastify.initialization', onServer))
  return routes
}

test('the description', async (t) => {
  const undescribed = collectUndescribed(t)
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { call } = running
  const { status, headers, body: document } = await call('GET', '/swagger.json', { token: '' })

  t.test('has every route that is not hidden for a reason', async (t) => {
    t.same([...undescribed], [], 'add `describe` to the config of each of these routes')
  })

  t.test('is OpenAPI 3.1, for anybody', async (t) => {
    t.equal(status, 200)
    t.match(headers['content-type'], /^application\/json/)
    t.match(document, { openapi: '3.1.0', info: { title: 'Powerbus' } })
    t.ok(document.paths['/api/v3/machines/{key}'].patch)
    // It reads its schemas from beside itself, so it must not be bundled.
    const { Validator } = await import('@seriousme/openapi-schema-validator')
    const { valid, errors } = await new Validator().validate(document)
    t.ok(valid, JSON.stringify(errors))
  })

  t.test('is shown at /api by a viewer that asks nobody else', async (t) => {
    const page = await call('GET', '/api', { token: '' })
    t.equal(page.status, 200)
    t.match(page.headers['content-security-policy'], /default-src 'none'.*connect-src 'self'/)
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file)
    t.equal(files.length, 3)
    for (const file of files) {
      const { status, text, headers } = await call('GET', file, { token: '' })
      t.equal(status, 200, file)
      t.ok(text.length > 50)
      t.match(headers['content-type'], file.endsWith('.css') ? /text\/css/ : /text\/javascript/)
    }
    t.match((await call('GET', '/api/start.js', { token: '' })).text, /validatorUrl: null/)
  })

  t.test('says what the answers hold', async (t) => {
    const checked = await checkedCall(running)
    const ok = async (method: string, path: string, body?: unknown) => {
      const answer = await checked(method, path, body === undefined ? {} : { body })
      t.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    }
    await ok('POST', 'machines', { Name: 'm1', Params: { 'demo/address': 'a' } })
    await ok('GET', 'machines')
    await ok('PATCH', 'machines/Name:m1', [{ op: 'replace', path: '/Description', value: 'one' }])
    for (const path of ['', '/params', '/params/demo/address', '/pubkey', '/actions'])
      await ok('GET', `machines/Name:m1${path}`)
    await ok('POST', 'profiles', { Name: 'p1' })
    for (const path of ['profiles', 'plugins', 'plugins/demo', 'plugin_providers', 'params', 'params/demo/address'])
      await ok('GET', path)
    for (const path of ['info', 'objects', 'indexes', 'interfaces', 'logs', 'events', 'tokens', 'files', '/readyz'])
      await ok('GET', path)
    await ok('POST', 'tokens', { Name: 'one' })
    await ok('DELETE', 'machines/Name:m1')
    await checked('GET', 'machines/Name:m1')
    const wrong = await checkedCall({
      call: async (method, path, options) => {
        const answer = await call(method, path, options)
        return path === 'objects' ? { ...answer, body: [1] } : answer
      },
    })
    await t.rejects(wrong('GET', 'objects'), 'an answer of another shape is found')
  })
})
