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

test('a process and what it started in a group of its own are gone when the scope ends', async (t) => {
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

test('a wait for output ends with an error when the process ends first', async (t) => {
  const child = await startProcess(t, 'sh', ['-c', 'echo other'])
  await t.rejects(child.waitForOutput(/never/))
})

test('a program that takes too long is killed and reported', async (t) => {
  await t.rejects(runProgram('sleep', ['600'], { timeoutMs: 100 }))
})

test('a program gets its input and gives its output, exit code and time', async (t) => {
  const result = await runProgram('sh', ['-c', 'cat; echo to-stderr >&2; exit 3'], { input: 'to-stdin' })
  t.match(result, { code: 3, signal: null, stdout: 'to-stdin', stderr: 'to-stderr\n', elapsedMs: Number })
})

test('a program that does not exist is an error, not a crash', async (t) => {
  await t.rejects(runProgram('no-such-program-here'), { code: 'ENOENT' })
})

test('a process does not outlive a test that exits without ending its scope', async (t) => {
  const program = bundledProgram(join(import.meta.dirname, 'exiting-process.ts'))
  const done = await runProgram(process.execPath, [program])
  const pid = Number(done.stdout)
  t.ok(pid > 1, done.stderr)
  await waitUntil('the orphan to end', () => !alive(pid))
})
