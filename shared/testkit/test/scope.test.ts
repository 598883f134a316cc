import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endScope, freeTcpPort, freeUdpPorts, openScope, tempFolder, waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'

test('a temporary folder is private and gone with all it holds when its scope ends', async (t) => {
  const scope = openScope()
  const folder = tempFolder(scope)
  writeFileSync(join(folder, 'file'), '')
  t.equal(statSync(folder).mode & 0o777, 0o700)
  await endScope(scope)
  t.notOk(existsSync(folder))
})

test('a scope ends the last first, all of it, and reports what failed', async (t) => {
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

test('free ports are different from each other', async (t) => {
  const ports = await freeUdpPorts(20)
  t.equal(new Set(ports).size, 20)
  t.ok((await freeTcpPort()) > 1023)
})

test('waiting ends with what was found, or with an error when the time has passed', async (t) => {
  let asked = 0
  t.equal(await waitUntil('three', () => ++asked >= 3 && asked, { intervalMs: 1 }), 3)
  await t.rejects(waitUntil('nothing', () => undefined, { timeoutMs: 20, intervalMs: 5 }))
  await t.rejects(within('nothing', new Promise(() => undefined), 20))
  t.equal(await within('five', Promise.resolve(5)), 5)
})
