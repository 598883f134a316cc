import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import { tempFolder, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { KeptCoordination } from '../../src/listen/kept-coordination.ts'
import type { Commit, OnceClaim } from '../../src/power/coordinator.ts'
import type { StoreCoordinator } from '../../src/power/store-coordinator.ts'

function keptIn(t: Test, folder: string, name = 'one') {
  const [said, opened]: [string[], StoreCoordinator[]] = [[], []]
  const tell = (message: string) => void said.push(message)
  const log = { trace: tell, debug: tell, info: tell, warn: tell, error: tell }
  const onOpen = (coordinator: StoreCoordinator) => void opened.push(coordinator)
  const kept = new KeptCoordination({ env: {}, instance: 'test', folder, name: () => name, log, onOpen })
  t.teardown(() => kept.close())
  return { kept, said, opened }
}

const claim: OnceClaim<string> = {
  requestId: 'request',
  subject: 'powercycle 192.0.2.1:623',
  signal: new AbortController().signal,
  findOut: async () => 'found out',
}

const cycle = (result: string) => async (commit: Commit) => {
  await commit({ operation: 'cycle', turn: 1 })
  return result
}

test('a change is remembered over a restart, and what may be repeated is not written', async (t) => {
  const folder = tempFolder(t)
  const first = keptIn(t, folder)
  t.equal(await first.kept.coordinator.once({ ...claim, requestId: 'read', repeatable: true }, cycle('read')), 'read')
  t.equal((await readFile(join(folder, 'actions-one', 'store', 'journal-0'))).length, 0)
  t.equal(await first.kept.coordinator.once(claim, cycle('first')), 'first')
  t.equal(first.opened.length, 1)
  await first.kept.close()
  const { coordinator } = keptIn(t, folder).kept
  t.equal(await coordinator.once(claim, cycle('second')), 'first')
  t.equal(await coordinator.once({ ...claim, requestId: 'read', repeatable: true }, cycle('anew')), 'anew')
})

test('a folder that an ending run still has is waited for, by each action until its own end', async (t) => {
  const folder = tempFolder(t)
  const ending = await EmbeddedStore.open({ folder: join(folder, 'actions-one', 'store') })
  const { kept, said, opened } = keptIn(t, folder)
  const caller = new AbortController()
  const given = kept.coordinator.once({ ...claim, requestId: 'given', signal: caller.signal }, cycle('too early'))
  const waiting = kept.coordinator.once(claim, cycle('done'))
  await waitUntil('that it is said', () => said.length > 0)
  t.equal(opened.length, 0)
  caller.abort()
  await t.rejects(given, { code: 'DEADLINE_EXCEEDED' })
  await ending.close()
  t.equal(await waiting, 'done')
  t.equal(opened.length, 1)
})

test('plugins that have one state folder do not wait for each other', async (t) => {
  const folder = tempFolder(t)
  const [one, other] = [keptIn(t, folder, 'one'), keptIn(t, folder, '../two')]
  t.equal(await one.kept.coordinator.once(claim, cycle('one')), 'one')
  t.equal(await other.kept.coordinator.once(claim, cycle('other')), 'other')
  t.same([one.opened.length, other.opened.length], [1, 1])
})

test('a folder that cannot be used is said, and actions go on in memory', async (t) => {
  const folder = join(tempFolder(t), 'file')
  await writeFile(folder, 'no folder')
  const { kept, said, opened } = keptIn(t, folder)
  t.equal(await kept.coordinator.once(claim, cycle('first')), 'first')
  t.equal(await kept.coordinator.once(claim, cycle('second')), 'first')
  t.equal(
    await kept.coordinator.hold(
      { ...claim, key: 'k', holder: { command: 'c', requestId: 'r' }, waitMs: 0 },
      async () => 'held',
    ),
    'held',
  )
  t.equal(opened.length, 0)
  t.match(said, [/request ids/])
})
