import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { descendantsOf, runProgram, startProcess, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { codeLines } from '../tooling/lines.mjs'

const runner = join(import.meta.dirname, '../tooling/test.mjs')

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  return await runProgram(process.execPath, [runner, ...args], { timeoutMs: 100_000, env })
}

test('a failed assertion is reported with its name, its difference, and file and line of the source', async (t) => {
  const { stdout, code } = await run(['test/runner/failing.ts'])
  t.equal(code, 1)
  t.match(stdout, /outer > inner > the ports are the same\n +at test\/runner\/failing\.ts:7:7\n/)
  t.match(stdout, /-\s+"port": 2,\n\s+\+\s+"port": 1,/)
  t.match(stdout, /a test that throws > a broken test\n +at test\/runner\/failing\.ts:13:9\n/)
  t.match(stdout, /^1 passed, 3 failed$/m, 'what was skipped has failed')
})

test('an error that nobody catches fails the test that it comes from, or the file after its end', async (t) => {
  const { stdout, code } = await run(['test/runner/uncaught.ts'])
  t.equal(code, 1)
  t.match(stdout, /a timer throws > of a timer\n +at test\/runner\/uncaught\.ts:6:11\n/)
  t.match(stdout, / of a promise\n +at test\/runner\/uncaught\.ts:13:25\n/)
  t.match(stdout, /too late\n +at test\/runner\/uncaught\.ts:21:11\n/)
  t.match(stdout, /^3 passed, 4 failed$/m)
})

test('a file that ends before any test has failed, and the end of its stderr says why', async (t) => {
  const { stdout, code } = await run(['test/runner/crashing.ts'])
  t.equal(code, 1)
  t.match(stdout, /ran no test \(exit code 1\)\n/)
  t.match(stdout, /crashed at once/)
  t.match(stdout, /^0 passed, 1 failed$/m)
})

test('a file that does not end in time is killed and has failed', async (t) => {
  const env = { POWERBUS_WAITING_FILE: join(tempFolder(t), 'waiting.json') }
  const { stdout, code } = await run(['--timeout=1', 'test/runner/waiting.ts'], env)
  t.equal(code, 1)
  t.match(stdout, /did not end within 1 s/)
})

test('a name that is no test file fails the run', async (t) => {
  const { stdout, code } = await run(['test/no-such.test.ts'])
  t.equal(code, 1)
  t.equal(stdout, '0 passed, 1 failed\n')
})

test('only tests that start an executable of the build are known to need one', async (t) => {
  const folder = tempFolder(t)
  const bundling: typeof import('../tooling/test-bundle.mjs') = await import(join(runner, '../test-bundle.mjs'))
  const { bundleTests, startExecutables } = bundling
  const of = async (file: string) => startExecutables(await bundleTests([file], join(folder, file)))
  t.notOk(await of('test/runner/is-over.test.ts'))
  t.notOk(await of('shared/testkit/test/virtualbox/fake-vboxmanage.test.ts'), 'one that imports the test kit')
  t.ok(await of('services/ipmi/test/executable.test.ts'))
  t.ok(await of('test/cluster/replica.ts'), 'one that starts it through another file')
})

interface Waiting {
  readonly temp: string
  readonly bundle: string
  readonly ports: readonly number[]
  readonly bare: number
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

test('a run that is killed by -9 leaves no server, no process and no folder behind', async (t) => {
  const file = join(tempFolder(t), 'waiting.json')
  const child = await startProcess(t, process.execPath, [runner, 'test/runner/waiting.ts'], {
    env: { POWERBUS_WAITING_FILE: file },
  })
  const text = await waitUntil('the servers', () => existsSync(file) && readFileSync(file, 'utf8'), {
    timeoutMs: 60_000,
  })
  const { temp, bundle, ports, bare }: Waiting = JSON.parse(text)
  for (const port of ports) t.ok(await takesConnections(port))
  const started = descendantsOf(child.pid)
  t.ok(started.includes(bare))
  child.kill('SIGKILL')
  await child.exited
  await waitUntil('its folders to go', () => ![temp, bundle].some(existsSync))
  for (const port of ports) t.notOk(await takesConnections(port))
  await waitUntil('its processes to end', () => !started.some((pid) => existsSync(`/proc/${pid}`)))
})

test('lines of code are counted without blank lines and comments', async (t) => {
  t.equal(codeLines('/** A\n * B */\n\n// C\nconst a = 1 // D\n  /* E */\n/* F */ b()\n'), 2)
})
