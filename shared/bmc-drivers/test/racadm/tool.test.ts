import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '@powerbus/plugin-sdk/power'
import { type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { racadm } from '../../src/racadm/racadm.ts'
import type { RacadmConnection } from '../../src/racadm/racadm-connection.ts'
import { call } from './rac-bench.ts'

const PASSWORD = 'calvin $x'

/** A copy of the fake program, which notes what it was given. */
async function toolBench(t: TestScope, mode = '', password = PASSWORD, started?: string) {
  const program = join(tempFolder(t), 'racadm')
  copyFileSync(join(import.meta.dirname, 'fake-racadm.sh'), program)
  chmodSync(program, 0o755)
  writeFileSync(`${program}.mode`, mode)
  const driver = racadm(started ?? program).driver({
    address: '192.0.2.7',
    port: 0,
    username: 'root',
    password: new Secret(password),
    workarounds: [],
    racadm: { transport: 'tool' },
  })
  const connection = (await driver.open(call())) as RacadmConnection
  return { program, connection, noted: (kind: string) => readFileSync(`${program}.${kind}`, 'utf8') }
}

function isThere(pid: string): boolean {
  return existsSync(`/proc/${pid}`)
}

test('the program gets user and password at its standard input alone', async (t) => {
  const { connection, noted } = await toolBench(t)
  t.equal(await connection.status(call()), 'on')
  t.equal(noted('arguments'), '-r 192.0.2.7:443 -i serveraction powerstatus\n')
  t.notMatch(noted('environment'), 'calvin')
})

test('an error with exit code 0 is a failure', async (t) => {
  const { connection } = await toolBench(t)
  await t.rejects(connection.info(call()), { message: /Invalid subcommand/ })
  const wrong = await toolBench(t, '', 'not-this')
  const error = await wrong.connection.status(call()).catch((reason: unknown) => reason)
  t.match(error, { code: 'AUTH_FAILED' })
  t.notMatch(String((error as Error).stack), 'not-this')
})

test('a program that hangs is gone, with what it started, within a second of the deadline', async (t) => {
  const { connection, noted } = await toolBench(t, 'hang')
  const started = performance.now()
  await t.rejects(connection.status({ ...call(), timeoutMs: 1500 }), { code: 'TARGET_TIMEOUT' })
  t.ok(performance.now() - started < 2500)
  const child = noted('children').trim()
  await waitUntil('its child is gone', () => !isThere(child))
})

test('a program that prints a megabyte, dies, fails or is missing is said so', async (t) => {
  const rows = [
    ['loud', { message: /more than 1048576 bytes/ }],
    ['killed', { code: 'TARGET_BUSY', message: /killed/ }],
    ['failing', { message: /exit code 3/ }],
  ] as const
  for (const [mode, expected] of rows) {
    const { connection } = await toolBench(t, mode)
    await t.rejects(connection.status(call()), expected, mode)
  }
  const cycle = await toolBench(t, 'killed')
  await t.rejects(cycle.connection.cycle(call()), { code: 'OUTCOME_UNKNOWN' })
  const missing = await toolBench(t, '', PASSWORD, '/nowhere/racadm')
  await t.rejects(missing.connection.status(call()), { code: 'TARGET_UNREACHABLE', message: /install/ })
})
