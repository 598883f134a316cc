import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endScope, freeTcpPort, freeUdpPorts, openScope, tempFolder, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'

test("a temporary folder is private, and removed with its content at the scope's end", async (t) => {
  const scope = openScope()
  const folder = tempFolder(scope)
  writeFileSync(join(folder, 'file'), '')
  t.equal(statSync(folder).mode & 0o777, 0o700)
  await endScope(scope)
  t.notOk(existsSync(folder))
})

test('endScope runs all handlers, the last first, and reports failures', async (t) => {
  const scope = openScope()
  const ended: string[] = []
  scope.teardown(() => ended.push('first'))
  scope.teardown(() => {
    throw new Error('no')
  })
  scope.teardown(() => ended.push('last'))
  await t.rejects(endScope(scope), { name: 'AggregateError' })
  t.same(ended, ['last', 'first'])
})

test('free ports are different', async (t) => {
  const ports = await freeUdpPorts(20)
  t.equal(new Set(ports).size, 20)
  t.ok((await freeTcpPort()) > 1023)
})

test('waitUntil returns the found value, or throws when the time has passed', async (t) => {
  let asked = 0
  t.equal(await waitUntil('three', () => ++asked >= 3 && asked, { intervalMs: 1 }), 3)
  await t.rejects(waitUntil('nothing', () => undefined, { timeoutMs: 20, intervalMs: 5 }))
  await t.rejects(within('nothing', new Promise(() => undefined), 20))
  t.equal(await within('five', Promise.resolve(5)), 5)
})
