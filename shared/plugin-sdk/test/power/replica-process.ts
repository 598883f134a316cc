// A replica that runs requests and stops at a step of each: for ever, or until it is thawed. Argument: a ReplicaTask as JSON.
import { writeSync } from 'node:fs'
import { type Json, openStore, type Store } from '@powerbus/store'
import { PowerbusError } from '../../src/errors.ts'
import type { Sent } from '../../src/power/coordinator.ts'
import type { PowerState } from '../../src/power/driver.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'
import type { PowerVerb } from '../../src/power/verbs.ts'
import { loggedMachine } from './logged-machine.ts'
import { powerContext } from './power-context.ts'

/** `commit` is after the commit is recorded, `recommit` after that of the second send, `record` before the end is, `answer` after it. */
export type Step = 'read' | 'commit' | 'unanswered' | 'recommit' | 'before-send' | 'after-send' | 'record' | 'answer'

export interface ReplicaRequest {
  readonly requestId: string
  readonly verb: PowerVerb
  readonly file: string
  readonly power: PowerState
  readonly hasEvidence: boolean
  /** The first send is not answered, and power/resend is set. */
  readonly isUnanswered?: boolean
  readonly stopAt: Step
}

export interface ReplicaTask {
  readonly url?: string
  readonly folder: string
  readonly lockTtlMs: number
  /** Freezes itself once every request is at its step; it waits there for ever where absent. */
  readonly freezes?: boolean
  readonly requests: readonly ReplicaRequest[]
}

async function main(): Promise<void> {
  const task: ReplicaTask = JSON.parse(process.argv[2] ?? '')
  const store = await openStore({ url: task.url, folder: task.folder })
  setInterval(() => undefined, 1000)
  const thaw: (() => void)[] = []
  const stop = () =>
    new Promise<void>((resolve) => {
      thaw.push(resolve)
      if (!task.freezes || thaw.length < task.requests.length) return
      process.kill(process.pid, 'SIGSTOP')
      for (const go of thaw) go()
    })
  for (const request of task.requests) void run(task, store, request, stop)
}

async function run(
  { lockTtlMs }: ReplicaTask,
  store: Store,
  request: ReplicaRequest,
  stop: () => Promise<void>,
): Promise<void> {
  const { requestId, verb, stopAt } = request
  let stopped = false
  const at = async (step: Step) => {
    if (step !== stopAt || stopped) return
    stopped = true
    writeSync(1, `${requestId} is at ${step}\n`)
    await stop()
  }
  const coordinator = storeCoordinator(watched(store, at), { lockTtlMs })
  const { driver } = loggedMachine({ ...request, at })
  const context = powerContext(verb, {
    'power/request-id': requestId,
    'power/resend': request.isUnanswered === true,
    // An answer waits a second for the record of its end: by then the last of them must be at its step.
    'power/min-gap': 0,
  })
  const ended = await createPowerEngine({ coordinator })
    .power(verb, driver, context)
    .catch((error: unknown) => (error instanceof PowerbusError ? error.code : String(error)))
  await at('answer')
  writeSync(1, `${requestId} ended ${JSON.stringify(ended)}\n`)
}

/** The store, with a stop after a commit and before an end. */
function watched(store: Store, at: (step: Step) => Promise<void>): Store {
  return {
    get: (key) => store.get(key),
    delete: (key, options) => store.delete(key, options),
    compareAndSet: (key, expected, value, options) => store.compareAndSet(key, expected, value, options),
    scan: (prefix) => store.scan(prefix),
    lock: (request) => store.lock(request),
    takeSlot: (key, gapMs, options) => store.takeSlot(key, gapMs, options),
    close: () => store.close(),
    async set(key, value, options) {
      const { phase, sent } = value as { readonly [name: string]: Json }
      if (phase === 'done') await at('record')
      await store.set(key, value, options)
      if (phase !== 'committed') return
      await at((sent as unknown as Sent | undefined)?.attempt === 2 ? 'recommit' : 'commit')
    },
  }
}

void main()
