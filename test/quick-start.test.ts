import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  builtExecutable,
  type ChildProcessHandle,
  descendantsOf,
  freeUdpPort,
  runProgram,
  startProcess,
  type TestScope,
  tempFolder,
  waitUntil,
  within,
} from '@powerbus/testkit'
import { test } from 'tap'

const root = join(import.meta.dirname, '..')

/** As of a user's shell: tap's own loaders are not for the programs that a user runs. */
function environment(home: string): Record<string, string | undefined> {
  const none = { RS_ENDPOINT: undefined, RS_TOKEN: undefined, NODE_OPTIONS: undefined }
  return { POWERBUS_HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ...none }
}

/** Runs a command of the README with npx, and gives the JSON that it prints: one document, or one for each line. */
function npx(home: string, command: string, env: Record<string, string> = {}): Promise<unknown[]> {
  return jsonOf(home, 'npx', ['--no', ...command.split(' ')], env)
}

/** The same command without npx, which takes longer than the command. */
function built(home: string, command: string): Promise<unknown[]> {
  return jsonOf(home, builtExecutable('bin/powerbus'), command.split(' ').slice(1))
}

async function jsonOf(home: string, program: string, words: readonly string[], env: Record<string, string> = {}) {
  const [args, command] = [[...words, '--json'], words.join(' ')]
  const done = await runProgram(program, args, { cwd: root, env: { ...environment(home), ...env }, timeoutMs: 60_000 })
  if (done.code !== 0) throw new Error(`${command} ended with ${done.code}:\n${done.stdout}${done.stderr}`)
  const lines = done.stdout.trim().split('\n')
  const documents: unknown[] = lines.map((line) => JSON.parse(line))
  return documents.length === 1 && Array.isArray(documents[0]) ? documents[0] : documents
}

/** Runs `npm start` until it has printed where the endpoint is. */
async function npmStart(scope: TestScope, home: string): Promise<ChildProcessHandle> {
  const options = { cwd: root, env: environment(home) }
  const child = await startProcess(scope, 'npm', ['start', '--silent', '--', '--port', '0', '--lab', '8'], options)
  await child.waitForOutput(/https:\/\/127\.0\.0\.1:\d+/, { timeoutMs: 90_000 })
  return child
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Ctrl-C, as a terminal sends it; gives the processes that are still there when npm has ended, and a moment later. */
async function interrupt(child: ChildProcessHandle): Promise<{ code: number | null; left: number[] }> {
  const tree = descendantsOf(child.pid)
  child.killGroup('SIGINT')
  const { code } = await within('npm start to end', child.exited, 90_000)
  // A process that has ended stays visible until its parent has noticed.
  await waitUntil('its processes to end', () => !tree.some(alive), { timeoutMs: 5000 }).catch(() => undefined)
  return { code, left: tree.filter(alive) }
}

test('what the README says works, from npm start to Ctrl-C, and machines and states outlive it', async (t) => {
  const home = tempFolder(t)
  const first = await npmStart(t, home)
  const machines = await npx(home, 'powerbus machines')
  t.equal(machines.length, 8)
  t.match(await npx(home, 'powerbus status'), Array(8).fill({ ok: true, result: { Power: /^(on|off)$/ } }))
  t.match(await npx(home, 'powerbus powercycle node-03'), [{ machine: 'node-03', ok: true, result: { Power: 'on' } }])
  t.match(
    await npx(home, 'powerbus nextbootpxe node-[01-08]'),
    Array(8).fill({ ok: true, result: { BootDevice: 'pxe', Persistent: false, Verified: true } }),
  )
  const before = await built(home, 'powerbus status')
  const ended = await interrupt(first)
  t.same(ended.left, [])
  t.equal(ended.code, 0)
  t.same(filesOfSockets(home), [])

  const second = await npmStart(t, home)
  t.same(namesOf(await built(home, 'powerbus machines')), namesOf(machines))
  t.same(statesOf(await built(home, 'powerbus status')), statesOf(before))
  t.same((await interrupt(second)).left, [])
})

test('BMCs of the lab are powered without an endpoint', async (t) => {
  const home = tempFolder(t)
  const port = await freeUdpPort()
  const command = `powerbus lab --count 1 --port ${port} --json`
  const lab = await startProcess(t, 'npx', ['--no', ...command.split(' ')], { cwd: root, env: environment(home) })
  const [line] = await lab.waitForOutput(/^\{.*\}$/m)
  const bmc: Record<string, string> = JSON.parse(line)
  const login = `-U ${bmc.username} --port ${bmc.port}`
  const answers = await npx(home, `powerbus bmc status ${bmc.address} ${login}`, { IPMI_PASSWORD: bmc.password ?? '' })
  t.match(answers, [{ ok: true }])
})

function filesOfSockets(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isSocket())
    .map((entry) => entry.name)
}

function namesOf(machines: readonly unknown[]): string[] {
  return machines.map((machine) => (machine as { Name: string }).Name).sort()
}

function statesOf(answers: readonly unknown[]): string[] {
  return answers
    .map((answer) => answer as { machine: string; result: { Power: string } })
    .map(({ machine, result }) => `${machine} ${result.Power}`)
    .sort()
}
