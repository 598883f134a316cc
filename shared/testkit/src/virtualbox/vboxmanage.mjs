// The fake VBoxManage: `node vboxmanage.mjs FOLDER ARGUMENTS...`. Plain JavaScript, so that a call starts fast.
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { Answer, failure, syntaxError } from './answer.mjs'
import { machineCommands } from './machine-commands.mjs'
import { powerCommands } from './power-commands.mjs'
import { record, sleepNow, withRegistry } from './registry.mjs'
import { storageCommands } from './storage-commands.mjs'
import { versions } from './versions.mjs'

/** @import { Fault } from './registry.mjs' */

const HANG_MS = 3_600_000
const [, , folder = '', ...args] = process.argv
const owner = process.env.FAKE_SUDO_USER ?? ''
const commands = { ...machineCommands, ...powerCommands, ...storageCommands }
const second = ['controlvm', 'snapshot', 'debugvm'].includes(args[0] ?? '') ? ` ${args[2]}` : ''

record(folder, 'calls.jsonl', { args, owner, pid: process.pid, variables: Object.keys(process.env) })

/** @param {import('./registry.mjs').Registry} registry */
function takeFault(registry) {
  const names = [args[0], `${args[0]}${second}`, '*']
  const fault = registry.faults.find(({ command, times }) => names.includes(command) && times > 0)
  if (fault) fault.times -= 1
  return fault
}

/** @param {import('./registry.mjs').Registry} registry */
function answer(registry) {
  if (args[0] === '--version') return new Answer(0, `${versions[registry.settings.version].printed}\n`, '')
  const command = commands[args[0] ?? '']
  if (!command) throw syntaxError(`Invalid command '${args[0]}'`)
  return command({ registry, args: args.slice(1), owner, folder })
}

/** @param {Fault} fault */
function act({ kind, text, result }) {
  if (kind === 'killed') process.kill(process.pid, 'SIGKILL')
  if (kind === 'hang-deaf') process.on('SIGTERM', () => undefined)
  if (kind === 'hang-with-child') spawn('sleep', [`${HANG_MS / 1000}`], { stdio: 'inherit' })
  if (kind.startsWith('hang')) return setTimeout(() => undefined, HANG_MS)
  if (kind === 'megabyte') {
    for (let block = 0; block < 40; block += 1) print(1, `${'x'.repeat(79)}\n`.repeat(512))
    return undefined
  }
  const said = failure(text, result)
  print(2, said.stderr)
  process.exitCode = kind === 'zero' ? 0 : 1
  return undefined
}

/**
 * Writes synchronously, and waits while a pipe is full.
 *
 * @param {1 | 2} stream
 * @param {string} text
 */
function print(stream, text) {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(stream, rest))
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error
      sleepNow(5)
    }
  }
}

const { fault, said, settings } = withRegistry(folder, (registry) => {
  const found = takeFault(registry)
  const isBefore = found !== undefined && found.when === 'before'
  return { fault: found, said: isBefore ? undefined : attempt(registry), settings: registry.settings }
})

/** @param {import('./registry.mjs').Registry} registry */
function attempt(registry) {
  try {
    return answer(registry)
  } catch (error) {
    if (error instanceof Answer) return error
    throw error
  }
}

if (fault) act(fault)
else if (said) {
  if (args[0] === 'startvm' && said.code === 0) sleepNow(settings.startMs)
  print(1, `${settings.prefix}${said.stdout}`.replaceAll('\n', settings.crlf ? '\r\n' : '\n'))
  print(2, said.stderr.replaceAll('\n', settings.crlf ? '\r\n' : '\n'))
  process.exitCode = said.code
}
