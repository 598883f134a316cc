import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'

// Each test is one row of what DRP's original plugin wrapper answers on its sockets, with the endpoint as the caller.
const folder = tempFolder(tap)
const [stopped, refuses] = [join(folder, 'stopped'), join(folder, 'refuses')]
const NO_ERROR = '{ Model: "", Key: "", Type: "", Messages: null, Code: 200 }'
const { call, endpoint, stop, logged } = await startCheckedEndpoint(tap, (plugins) =>
  writeFixturePlugin(plugins, {
    config: `if (fs.existsSync(${JSON.stringify(refuses)})) {
        const inner = { Model: 'plugin', Key: config.Name, Type: 'rpc', Messages: ['no such key'], Code: 409 }
        answer(409, { Model: '', Key: '', Type: '', Messages: [JSON.stringify(inner)], Code: 409 })
      } else answer(200, ${NO_ERROR})`,
    action: `if (action.Params.how === 'panic') answer(500, { Model: '', Key: request.url, Type: request.method,
          Messages: ['Panic recovered: index out of range', 'goroutine 1 [running]'], Code: 500 })
      else if (action.Params.how === 'unknown') answer(404,
          { Model: '', Key: request.url, Type: request.method, Messages: null, Code: 404 })
      else answer(200, { configured, pid: process.pid })`,
    stop: `fs.writeFileSync(${JSON.stringify(stopped)}, ''); process.exit(0)`,
    after: `tell('log', { Group: 1, Seq: 1, Time: new Date().toISOString(), Service: 'demo', Principal: '',
      Level: 'info', File: 'demo.go', Line: 7, Message: 'said by the wrapper', Data: null, IgnorePublish: false })`,
  }),
)
const survey = (how?: string) => call('POST', 'system/actions/survey', { body: { ...(how && { how }) } })

test('config ok: an Error with Code 200 and Messages null makes the plugin available', async (t) => {
  t.match((await call('GET', 'plugins/demo')).body, { Available: true, Errors: { length: 0 } })
})

test("config has the plugin's name as Name", async (t) => {
  t.match((await survey()).body.configured, { Name: 'demo' })
})

test('config refused: the status is the inner Code, and PluginErrors say what Messages[0] has', async (t) => {
  writeFileSync(refuses, '')
  await call('POST', 'plugins/demo/params/demo/port', { body: 7 })
  const refused = (await call('GET', 'plugins/demo')).body
  t.match(refused, { Available: false, PluginErrors: [/no such key/] })
  t.notMatch(refused.PluginErrors[0], '\\"', 'not as JSON within a text')
})

test('panic: 500 with its text reaches the caller, and the plugin goes on', async (t) => {
  rmSync(refuses)
  await call('POST', 'plugins/demo/params/demo/port', { body: 8 })
  const { pid } = (await survey()).body
  const panic = await survey('panic')
  t.match([panic.status, panic.body], [500, { Type: 'INVOKE', Code: 500, Messages: [/^Panic recovered/] }])
  t.equal((await survey()).body.pid, pid)
})

test('action not offered: 404 with Messages null is an Error with no message', async (t) => {
  const unknown = await survey('unknown')
  t.match([unknown.status, unknown.body], [404, { Type: 'INVOKE', Code: 404 }])
})

test('log: a line whose Data is null is in the log', async () => {
  await waitUntil('the line', () => logged.some(({ msg }) => msg === 'said by the wrapper'))
})

test('stop: a plugin that ends before it answers (EOF) has stopped, and nothing is reported', async (t) => {
  await stop()
  t.ok(existsSync(stopped))
  t.same(
    logged.filter(({ level }) => Number(level) >= 50).map(({ msg }) => msg),
    [],
  )
  t.equal(endpoint.plugins().length, 1)
})
