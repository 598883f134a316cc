// Uses up all file descriptors, and prints how what needs one fails. Argument: a folder.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { outOfDescriptors } from '../../src/index.ts'
import { PluginLink } from '../../src/launch/plugin-link.ts'
import { PluginProcess } from '../../src/launch/plugin-process.ts'
import { runToEnd } from '../../src/launch/run-to-end.ts'

const [folder = ''] = process.argv.slice(2)
const environment = { PATH: process.env.PATH ?? '' }

async function reasonOf(work: () => Promise<unknown>): Promise<string> {
  try {
    return `done: ${await work()}`
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message} (${outOfDescriptors(error)?.code})`
  }
}

async function main(): Promise<void> {
  const link = new PluginLink('lamps', join(folder, 'to'))
  const options = { requestId: 'r', signal: AbortSignal.timeout(5000) }
  const sockets = { toSocket: join(folder, 'to'), fromSocket: join(folder, 'from') }
  const command = { executable: '/bin/true', parameters: ['define'], folder, environment }
  const limits = { timeoutMs: 5000, outputBytesMax: 1000 }
  const taken: number[] = []
  await reasonOf(async () => {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  })
  const answers = [
    await reasonOf(() => link.call('action', {}, options)),
    await reasonOf(() => runToEnd({ ...command, ...limits })),
    await reasonOf(() => new PluginProcess({ ...command, ...sockets, onLine: () => undefined }).ended),
  ]
  for (const descriptor of taken) closeSync(descriptor)
  writeSync(1, `${JSON.stringify(answers)}\n`)
  await link.close()
}

void main()
