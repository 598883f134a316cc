import { execFileSync } from 'node:child_process'
import { descendantsOf } from '@powerbus/testkit'
import { test } from 'tap'
import { copyCommand, jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'
import { startWithOneMachine } from './one-machine.ts'

/** From now on no write of the processes to a file succeeds, as on a full disk; `unlimited` takes that back. */
function limitFiles(pids: readonly number[], bytes: '0' | 'unlimited'): void {
  for (const pid of pids) execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`])
}

test('on a full disk powerstatus answers as always, and a change is refused before anything is sent', async (t) => {
  const powerbus = copyCommand(t, ['ipmi'])
  const { bmc, up, added } = await startWithOneMachine(t, powerbus)
  t.equal(added.code, 0, added.stderr)
  const inside = inProcess(powerbus)
  const run = async (command: string) => {
    const { stdout } = await inside(command, 'm1', '--json')
    return jsonLines(stdout)[0]
  }
  t.match(await run('poweron'), { ok: true, result: { Power: 'on' } })
  const usual = await run('powerstatus')
  t.match(usual, { ok: true, result: { Power: 'on' } })

  const pids = [up.pid, ...descendantsOf(up.pid)]
  t.ok(pids.length > 1, 'the plugin is one of them')
  limitFiles(pids, '0')
  const before = bmc.counters.received
  for (let times = 0; times < 2; times++) {
    const status = await run('powerstatus')
    t.match(status, { ok: true, result: { Power: 'on' } })
    // The wait for an event that cannot be kept was 3 s.
    t.ok(Number(status?.ms) < Number(usual?.ms) + 2500, `${status?.ms} ms, usually ${usual?.ms} ms`)
  }
  t.ok(bmc.counters.received > before)
  const refused = await run('poweroff')
  t.match(refused, { ok: false, error: { code: 'STORE_UNAVAILABLE' } })
  t.ok(Number(refused?.ms) < 5000, `${refused?.ms} ms`)
  t.match(await run('poweron'), { ok: true, result: { Changed: false } }, 'nothing has to be sent')

  limitFiles(pids, 'unlimited')
  t.match(await run('powerstatus'), { ok: true, result: { Power: 'on' } }, 'it was not switched off')
  t.match(await run('poweroff'), { ok: true, result: { Power: 'off', Verified: true } })
})
