import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { PluginProcess } from '../../src/launch/plugin-process.ts'
import { runToEnd } from '../../src/launch/run-to-end.ts'
import { waitFor } from '../fixture/launched-plugin.ts'

/** An executable that starts a process of its own, and says its number. */
function parent(scope: TestScope, ending: string) {
  const folder = tempFolder(scope)
  const executable = join(folder, 'parent')
  writeFileSync(executable, `#!/bin/sh\nsleep 600 &\necho "child $!"\n${ending}\n`, { mode: 0o755 })
  return { executable, folder, environment: { PATH: process.env.PATH ?? '' } }
}

function isThere(pid: number): boolean {
  const state = execFileSync('ps', ['-eo', 'pid,stat'], { encoding: 'utf8' })
  return new RegExp(`^ *${pid} +[^Z]`, 'm').test(state)
}

/** Starts it as a plugin, and gives the number of the process that it has started. */
async function started(scope: TestScope, ending: string) {
  const lines: string[] = []
  const { folder, ...others } = parent(scope, ending)
  const sockets = { toSocket: join(folder, 'to'), fromSocket: join(folder, 'from') }
  const plugin = new PluginProcess({ folder, ...others, ...sockets, onLine: (line) => lines.push(line) })
  const numbers = () => lines.map((line) => Number(/^(?:child|own) (\d+)$/.exec(line)?.[1] ?? 0))
  await waitFor(() => lines.length > 0 && (!ending.includes('own') || lines.length > 1), 'its lines')
  const [child = 0, own = 0] = numbers()
  scope.teardown(() => isThere(child) && process.kill(child, 'SIGKILL'))
  if (!isThere(child)) throw new Error('it has started nothing')
  return { plugin, child, own }
}

test('what a killed plugin had started is killed with it, whoever killed it', async (t) => {
  const first = await started(t, 'wait')
  first.plugin.kill()
  t.equal(await first.plugin.ended, 'ended with SIGKILL')
  await waitFor(() => !isThere(first.child), 'the end of its child')

  const second = await started(t, 'echo "own $$"; wait')
  process.kill(second.own, 'SIGKILL')
  t.equal(await second.plugin.ended, 'ended with SIGKILL')
  await waitFor(() => !isThere(second.child), 'the end of its child')
})

test('what a plugin that ended by itself has left stays', async (t) => {
  const { plugin, child } = await started(t, 'exit 3')
  t.equal(await plugin.ended, 'ended with code 3')
  plugin.kill()
  t.ok(isThere(child))
})

test('a command that takes too long, or prints too much, is killed with what it has started', async (t) => {
  const limits = { parameters: ['define'], timeoutMs: 300, outputBytesMax: 1000 }
  const numbers: number[] = []
  for (const [ending, message] of [
    ['wait', /define did not return within 300 ms/],
    ['while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done', /define printed more than 1000 bytes/],
  ] as const) {
    const run = parent(t, ending)
    const noted = join(run.folder, 'number')
    writeFileSync(run.executable, `#!/bin/sh\nsleep 600 & echo $! > ${noted}\n${ending}\n`, { mode: 0o755 })
    await t.rejects(runToEnd({ ...run, ...limits }), { message })
    const pid = Number(execFileSync('cat', [noted], { encoding: 'utf8' }))
    numbers.push(pid)
    await waitFor(() => !isThere(pid), 'the end of its child')
  }
  t.equal(numbers.length, 2)
})

test('how a command ended is said', async (t) => {
  const limits = { parameters: ['define'], timeoutMs: 10_000, outputBytesMax: 1000 }
  const printed = parent(t, 'kill %1 2>/dev/null || kill $!; printf done')
  t.match(await runToEnd({ ...printed, ...limits }), /^child \d+\ndone$/)
  const failed = parent(t, 'kill $!; echo broken >&2; exit 3')
  await t.rejects(runToEnd({ ...failed, ...limits }), { message: /define ended with code 3: broken$/ })
  const killed = parent(t, 'kill $!; kill -9 $$')
  await t.rejects(runToEnd({ ...killed, ...limits }), { message: /define ended with SIGKILL: $/ })
  const missing = { ...printed, executable: join(printed.folder, 'missing') }
  await t.rejects(runToEnd({ ...missing, ...limits }), {
    message: /define could not be started: Error: spawn .* ENOENT$/,
  })
})
