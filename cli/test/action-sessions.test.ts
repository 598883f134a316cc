import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { copyCommand, jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'
import { countSyncs } from './count-syncs.ts'
import { startWithOneMachine } from './one-machine.ts'

test('an action through the built endpoint and plugin is one session, few datagrams and three syncs', async (t) => {
  const powerbus = copyCommand(t, ['ipmi'])
  const syncs = countSyncs(powerbus.folder)
  const options = { env: syncs.env, params: ['detected-bios-mode=uefi', 'ipmi/keep-session=0'] }
  const { bmc, up, added } = await startWithOneMachine(t, powerbus, options)
  t.equal(added.code, 0, added.stderr)
  const run = inProcess(powerbus)

  await waitUntil('the last sync of the start', async () => {
    const before = syncs.count()
    await sleep(500)
    return syncs.count() === before
  })
  for (const [command, mostDatagrams] of [
    ['poweron', 14],
    ['nextbootpxe', 14],
    ['powercycle', 20],
    ['poweroff', 14],
  ] as const) {
    const before = { sessions: bmc.counters.sessions, received: bmc.counters.received, syncs: syncs.count() }
    const { stdout, stderr } = await run(command, 'm1', '--json')
    t.match(jsonLines(stdout)[0], { ok: true, result: { Verified: true } }, `${command} ${stdout} ${stderr}`)
    await waitUntil('the session to close', () => bmc.sessionCount === 0)
    t.equal(bmc.counters.sessions - before.sessions, 1, `${command}: sessions`)
    const datagrams = bmc.counters.received - before.received
    t.ok(datagrams <= mostDatagrams, `${command}: ${datagrams} datagrams`)
    // The ledger before the change and before the answer; the events of start and end in one.
    t.equal(syncs.count() - before.syncs, 3, `${command}: syncs`)
    t.comment(`${command}: ${datagrams} datagrams to the BMC`)
  }

  const before = bmc.counters.sessions
  for (const command of ['powerstatus', 'getBoot', 'powerstatus']) {
    const { code, stderr } = await run(command, 'm1', '--param', 'ipmi/keep-session=30')
    t.equal(code, 0, stderr)
  }
  t.equal(bmc.counters.sessions - before, 1, 'a kept session is that of all three actions')
  t.equal(bmc.sessionCount, 1)
  up.kill('SIGTERM')
  await up.exited
  await waitUntil('the plugin to close the kept session', () => bmc.sessionCount === 0)
})
