import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledProgram, type TestScope } from '@powerbus/testkit'
import { measuredRun } from '../measured-run.ts'
import { ended, type Rack } from './rack.ts'

export interface WarmOptions {
  readonly addresses: readonly string[]
  /** Addresses of the plain echo, as many, with the same port. */
  readonly echoes: readonly string[]
  readonly port: number
  readonly rounds: number
}

export interface WarmRun {
  readonly floorMs: number
  readonly coldMs: number
  readonly warmMs: number
  readonly warmDatagrams: number
}

/** Second bytes of the echoes' addresses. */
const NETS = [35, 36] as const

/** Sweeps of the rack in a process that is warm, each after the same round trips with a plain echo in two processes. */
export async function warmRuns(scope: TestScope, node: string, rack: Rack, rounds: number): Promise<WarmRun[]> {
  const half = Math.ceil(rack.size / 2)
  const counts = [half, rack.size - half]
  const echoes = await Promise.all(NETS.map((net, at) => startEcho(scope, counts[at] ?? 0, net, rack.port)))
  const { addresses, port } = rack
  const options: WarmOptions = { addresses, echoes: echoes.flat(), port, rounds }
  const script = bundledProgram(join(import.meta.dirname, 'warm-process.ts'))
  const { stdout } = await measuredRun(node, [script, JSON.stringify(options)])
  return JSON.parse(stdout)
}

async function startEcho(scope: TestScope, count: number, net: number, port: number): Promise<string[]> {
  const script = bundledProgram(join(import.meta.dirname, 'plain-echo.ts'))
  const child = fork(script, [count, net, port].map(String), { execPath: process.execPath })
  scope.teardown(() => ended(child))
  await once(child, 'message')
  return Array.from({ length: count }, (_, at) => `127.${net}.${(at + 1) >> 8}.${(at + 1) & 255}`)
}
