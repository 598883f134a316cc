import { join } from 'node:path'
import {
  bundledProgram,
  descendantsOf,
  endScope,
  openScope,
  runProgram,
  startProcess,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test("the scope's end kills a process and a child in another process group", async (t) => {
  const scope = openScope()
  const child = await startProcess(scope, 'sh', ['-c', 'setsid sleep 600 & sleep 600 & echo started; wait'])
  await child.waitForOutput(/started/)
  const tree = await waitUntil('two grandchildren', () => {
    const found = descendantsOf(child.pid)
    return found.length >= 2 && found
  })
  await endScope(scope)
  await waitUntil('all of the tree to end', () => ![child.pid, ...tree].some(alive))
  t.same([child.pid, ...tree].filter(alive), [])
})

test('waitForOutput throws if the process ends first', async (t) => {
  const child = await startProcess(t, 'sh', ['-c', 'echo other'])
  await t.rejects(child.waitForOutput(/never/))
})

test('runProgram kills a program that takes too long, and throws', async (t) => {
  await t.rejects(runProgram('sleep', ['600'], { timeoutMs: 100 }))
})

test('runProgram passes the input and returns output, exit code and time', async (t) => {
  const result = await runProgram('sh', ['-c', 'cat; echo to-stderr >&2; exit 3'], { input: 'to-stdin' })
  t.match(result, { code: 3, signal: null, stdout: 'to-stdin', stderr: 'to-stderr\n', elapsedMs: Number })
})

test('a missing program rejects and does not crash', async (t) => {
  await t.rejects(runProgram('no-such-program-here'), { code: 'ENOENT' })
})

test('a process ends with a test that exits without ending its scope', async (t) => {
  const program = bundledProgram(join(import.meta.dirname, 'exiting-process.ts'))
  const done = await runProgram(process.execPath, [program])
  const pid = Number(done.stdout)
  t.ok(pid > 1, done.stderr)
  await waitUntil('the orphan to end', () => !alive(pid))
})
