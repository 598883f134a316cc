import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledProgram, signedCertificate, type TestScope } from '@powerbus/testkit'

export interface RackOptions {
  readonly count: number
  /** Second byte of the addresses, 127.NET.0.1 and so on. */
  readonly net: number
  readonly port: number
  readonly username: string
  readonly password: string
  readonly tls: { readonly key: string; readonly cert: string }
}

export interface RackTarget {
  readonly address: string
  readonly port: number
  readonly username: string
  readonly password: string
}

export interface Rack {
  readonly targets: readonly RackTarget[]
  /** Requests that the services have got so far. */
  requests(): Promise<number>
}

/** HTTPS's own port needs root. */
const PORT = 8443
const NETS = [41, 42]

/** Starts the services in two processes, which the scope's end ends. */
export async function startRack(scope: TestScope, size: number): Promise<Rack> {
  const { key, cert } = signedCertificate(scope, 'bmc.test')
  const half = Math.ceil(size / 2)
  const parts = [half, size - half].map((count, at) => ({
    count,
    net: NETS[at] ?? 41,
    port: PORT,
    username: 'admin',
    password: 'a password',
    tls: { key, cert },
  }))
  const children = await Promise.all(parts.map((part) => startPart(scope, part)))
  return {
    targets: parts.flatMap(targetsOf),
    async requests() {
      const counts = await Promise.all(children.map(ask))
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}

export function targetsOf({ count, net, port, username, password }: RackOptions): RackTarget[] {
  return Array.from({ length: count }, (_, at) => ({
    address: `127.${net}.${(at + 1) >> 8}.${(at + 1) & 255}`,
    port,
    username,
    password,
  }))
}

async function startPart(scope: TestScope, options: RackOptions): Promise<ChildProcess> {
  const script = bundledProgram(join(import.meta.dirname, 'rack-process.ts'))
  const child = fork(script, [JSON.stringify(options)], { execPath: process.execPath })
  scope.teardown(async () => {
    const exit = once(child, 'exit')
    if (child.kill('SIGKILL')) await exit
  })
  const stop = new AbortController()
  const gone = once(child, 'exit', { signal: stop.signal }).then(() => Promise.reject(new Error('a rack ended')))
  await Promise.race([once(child, 'message'), gone])
  gone.catch(() => undefined)
  stop.abort()
  return child
}

async function ask(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('count')
  const [count] = await answer
  return Number(count)
}
