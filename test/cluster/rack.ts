import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledProgram, type TestScope, within } from '@powerbus/testkit'
import type { MachineLedger } from './watched-machine.ts'

export interface Rack {
  readonly password: string
  /** UDP ports of the BMCs, on 127.0.0.1. */
  readonly ports: readonly number[]
  /** What each machine has seen so far, in the order of the ports. */
  ledgers(): Promise<readonly MachineLedger[]>
}

/** Starts a process with so many BMCs, each with these users. At the end of the scope it is gone. */
export async function startRack(scope: TestScope, count: number, users: readonly string[]): Promise<Rack> {
  const password = 'rack-password'
  const child = fork(bundledProgram(join(import.meta.dirname, 'rack-process.ts')), [String(count), password, ...users])
  scope.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await within('the rack to end', once(child, 'exit'))
  })
  const [{ ports }] = await within('the rack to listen', once(child, 'message'), 30_000)
  return {
    password,
    ports,
    async ledgers() {
      child.send('ledgers')
      const [answer] = await within('the ledgers of the rack', once(child, 'message'))
      return answer.ledgers
    },
  }
}
