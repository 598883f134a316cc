import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtExecutable, bundleExecutable, runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'

/** Place of a text in a file of the repository, as stacks name it. */
function placeOf(path: string, code: string): string {
  const lines = readFileSync(join(import.meta.dirname, '..', path), 'utf8').split('\n')
  const line = lines.findIndex((text) => text.includes(code))
  return `${path}:${line + 1}:${(lines[line] ?? '').indexOf(code) + 1}`
}

const early = placeOf('test/fixtures/stack-main.ts', "new PowerbusError('INTERNAL', 'early')")
const late = placeOf('test/fixtures/stack-late.ts', "new TypeError('late')")
const call = placeOf('test/fixtures/stack-main.ts', 'throwLate()')

async function stacksOf(executable: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(executable, args)
  if (code !== 0) throw new Error(stderr)
  return stdout
}

test('stacks of an executable name our source files and lines, also of a chunk that is loaded late', async (t) => {
  const executable = await bundleExecutable(t, join(import.meta.dirname, 'fixtures/stack-main.ts'), 'stacks')
  const copy = join(tempFolder(t), 'copied-alone')
  copyFileSync(executable, copy)
  for (const path of [executable, copy]) {
    const lines = (await stacksOf(path)).split('\n')
    t.ok(lines.includes(`    at printStacks (${early})`), lines.join('\n'))
    const thrown = lines.slice(lines.indexOf('TypeError: late'))
    t.match(thrown[1], late)
    t.ok(
      thrown.some((line) => line.startsWith(`    at parse (${path}`)),
      'a package keeps its place in the executable',
    )
    t.ok(thrown.some((line) => line.endsWith(`(${call})`)))
  }
})

test('without its maps, with damaged ones, or removed while it runs, an executable shows places in itself', async (t) => {
  const executable = await bundleExecutable(t, join(import.meta.dirname, 'fixtures/stack-main.ts'), 'stacks')
  const whole = readFileSync(executable, 'utf8')
  const without = join(tempFolder(t), 'without-maps')
  writeFileSync(without, whole.replace(/^\/\/@maps-.*\n/gm, ''), { mode: 0o755 })
  t.match(await stacksOf(without), `at printStacks (${without}/pack-`)

  const damaged = join(tempFolder(t), 'damaged-maps')
  writeFileSync(damaged, whole.replace(/^(\/\/@maps-\S+ ).*$/gm, '$1AAAA'), { mode: 0o755 })
  t.match(await stacksOf(damaged), `at printStacks (${damaged}/pack-`)

  t.match(await stacksOf(executable, 'remove'), `at printStacks (${executable}/pack-`)
})

test('a built command names our sources', async (t) => {
  const env = { POWERBUS_DEBUG: '1', POWERBUS_HOME: tempFolder(t), HOME: tempFolder(t) }
  const { stderr } = await runProgram(builtExecutable('bin/powerbus'), ['machines'], { env })
  t.match(stderr, /\n {4}at .*\(?cli\/src\/endpoint\/[\w-]+\.ts:\d+:\d+\)?\n/)
  // Also of a pack that comes from a code cache, in a copy.
  const copy = join(tempFolder(t), 'powerbus')
  copyFileSync(builtExecutable('bin/powerbus'), copy)
  for (const path of [builtExecutable('bin/powerbus'), copy]) {
    const { stderr } = await runProgram(path, ['bmc', 'status', '10.0.0.1:0', '-U', 'admin'], { env })
    t.match(stderr, /\n {4}at parseBmcHost \(cli\/src\/bmc-host\.ts:\d+:\d+\)\n/)
  }
})
