import { connectBus } from '@powerbus/bus'
import { MemoryStore } from '@powerbus/store'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'
import { refusal, servePlugin } from '../fixtures/served-plugin.ts'

test('a 500 names an id, and the log line with that id holds the error with its stack and cause', async (t) => {
  const store = new MemoryStore()
  let fault: Error | undefined
  const faulty = new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (name === 'get' && fault !== undefined) throw fault
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
  const { call, logged } = await startTestEndpoint(t, undefined, { store: faulty })
  fault = new TypeError('the flux is gone', { cause: new RangeError('no plutonium') })
  const answer = await call('GET', 'machines')
  t.match(answer.body, { Code: 500, Type: 'INTERNAL', Messages: [/log/] })
  t.match(answer.body.Messages[0], String(answer.headers['x-request-id']))
  const line = logged.find(({ requestId }) => requestId === answer.headers['x-request-id'])
  t.match(line, { err: { type: 'TypeError', message: /the flux is gone/, stack: /RangeError: no plutonium/ } })
  fault = undefined
})

test('an answer that breaks the contract is PLUGIN_ANSWER_INVALID, and the next one works', async (t) => {
  const answers = {
    999: 'response.statusCode = 999; response.end("{}")',
    600: 'response.statusCode = 600; response.end("{}")',
    302: 'response.statusCode = 302; response.end("{}")',
    1: 'response.end("no JSON")',
    2: 'response.end("[".repeat(100000))',
    3: 'response.end("[".repeat(200) + "]".repeat(200))',
    4: 'response.end("1e999")',
    5: 'response.end(\'{"__proto__":1}\')',
  }
  const cases = Object.entries(answers).map(([port, code]) => `if (port === ${port}) { ${code}; return }`)
  const { call } = await startTestEndpoint(t, (folder) => {
    const action = `const port = action.Params['demo/port']; ${cases.join('\n')} answer(200, { fine: true })`
    writeFixturePlugin(folder, { action })
  })
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'p' } } })
  const act = (port: number) => call('POST', 'machines/Name:m1/actions/poweron', { body: { 'demo/port': port } })
  for (const port of Object.keys(answers).map(Number)) {
    t.match((await act(port)).body, { Code: 502, Type: 'PLUGIN_ANSWER_INVALID', Messages: [/plugin demo/] }, `${port}`)
  }
  t.same((await act(7)).body, { fine: true })
})

test('a forwarded answer with an impossible status is PLUGIN_ANSWER_INVALID', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => {
    const before = `const create = http.createServer
      http.createServer = (listener) => create((request, response) => {
        if (!request.url.startsWith('/plugin-apis/demo/bad')) return listener(request, response)
        response.statusCode = 777
        response.end('x')
      })`
    writeFixturePlugin(folder, { before })
  })
  t.match((await call('GET', '/plugin-apis/demo/bad')).body, { Code: 502, Type: 'PLUGIN_ANSWER_INVALID' })
  t.equal((await call('GET', '/plugin-apis/demo/good')).status, 202)
})

test('a plugin on the bus whose status is none of an error, or whose answer is too deep, is answered as our error', async (t) => {
  const bus = await connectBus({ name: 'test' })
  t.teardown(() => bus.close())
  let act: () => unknown = () => 'fine'
  await servePlugin(t, bus, { instance: 'one', act: () => act() })
  const { call } = await startTestEndpoint(t, undefined, { bus })
  await waitUntil('the plugin', async () => (await call('GET', 'plugins/lamps')).body?.Available === true)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  for (const status of [0, 200, 302, 600, 409.5, Number.NaN]) {
    act = () => {
      throw refusal(status, 'burnt out')
    }
    const { body } = await call('POST', 'machines/Name:m1/actions/light')
    t.match(body, { Code: 502, Type: 'PLUGIN_ANSWER_INVALID' }, `${status}`)
  }
  act = () => JSON.parse('['.repeat(200) + ']'.repeat(200))
  t.match((await call('POST', 'machines/Name:m1/actions/light')).body, { Code: 502, Type: 'PLUGIN_ANSWER_INVALID' })
  act = () => 'fine'
  t.equal((await call('POST', 'machines/Name:m1/actions/light')).text, '"fine"')
})
