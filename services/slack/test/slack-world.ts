import { setTimeout as sleep } from 'node:timers/promises'
import { isJsonObject } from '@powerbus/drp'
import { type PluginEvent, readParamValues, Secret } from '@powerbus/plugin-sdk'
import { EmbeddedStore, prefixedStore, type Store } from '@powerbus/store'
import {
  type FakeSlack,
  type FakeSlackOptions,
  startFakeSlack,
  tempFolder,
  VirtualClock,
  waitUntil,
} from '@powerbus/testkit'
import type { Test } from 'tap'
import { pluginParams } from '../src/params.ts'
import { SlackService } from '../src/slack-service.ts'

export interface LoggedLine {
  readonly level: string
  readonly message: string
  readonly data: unknown
}

const endpoint = {
  apiUrl: 'https://127.0.0.1:9',
  token: new Secret('none'),
  fileServerUrl: '',
  webRoot: '',
  publish: async () => undefined,
  objects: async () => [],
  api: () => {
    throw new Error('this endpoint has no API')
  },
}

export interface SlackWorldOptions extends Omit<FakeSlackOptions, 'clock'> {
  readonly settleMs?: number
  readonly waitingMax?: { readonly events: number; readonly size: number }
  readonly chatOps?: ConstructorParameters<typeof SlackService>[0]
  /** Uses the system's clock in place of a virtual one. */
  readonly isRealTime?: boolean
}

export interface SlackWorld {
  readonly slack: FakeSlack
  /** Log lines of the services. */
  readonly logged: readonly LoggedLine[]
  /** All services that were started, also those whose config failed. */
  readonly services: readonly SlackService[]
  /**
   * Starts a service on the same store after stopping the one before. `params` default to no pace and a window of an
   * hour.
   */
  start(params?: Readonly<Record<string, unknown>>): Promise<SlackService>
  /** Starts a service on a store of its own beside the others. */
  join(store: Store, params?: Readonly<Record<string, unknown>>): Promise<SlackService>
  config(service: SlackService, params?: Readonly<Record<string, unknown>>): Promise<void>
  publish(service: SlackService, ...events: readonly PluginEvent[]): Promise<void>
  /**
   * Time of the services and of the fake Slack, in milliseconds since 1970. Virtual time passes only in waits of this
   * world.
   */
  dateMs(): number
  /** Lets time pass until the check returns something; throws after `timeoutMs` of real time (default 20,000). */
  waitUntil<T>(
    what: string,
    check: () => T | Promise<T>,
    options?: { timeoutMs?: number },
  ): Promise<Exclude<T, undefined | false | null>>
  /** Lets so many milliseconds pass. */
  pass(durationMs: number): Promise<void>
  /** Lets several turns of all lanes pass: nothing more comes. */
  quiet(): Promise<void>
}

/** Virtual milliseconds that pass at a time, while the network moves on in real time. */
const STEP_MS = 20
const QUIET_MS = 2000

/** A fake Slack and services in this process that deliver to it. Requests that they give up settle in `settleMs`. */
export async function slackWorld(
  t: Test,
  { settleMs = 500, chatOps = noChatOps, isRealTime = false, waitingMax, ...options }: SlackWorldOptions = {},
): Promise<SlackWorld> {
  const clock = isRealTime ? undefined : new VirtualClock(Date.now())
  const slack = await startFakeSlack({ ...options, ...(clock && { clock }) })
  t.teardown(() => slack.stop())
  const embedded = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => embedded.close())
  const writes = { open: 0 }
  const ours = countedWrites(prefixedStore(embedded, 'slack/'), writes)
  const step = async () => {
    // The disk takes real time: virtual time does not run on meanwhile.
    if (writes.open === 0) await clock?.pass(STEP_MS)
    await sleep(1)
  }
  const passing = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false
    const end = () => {
      isOver = true
    }
    work.then(end, end)
    while (!isOver) await step()
    return await work
  }
  const logged: LoggedLine[] = []
  const say = (level: string) => (message: string, data?: unknown) => void logged.push({ level, message, data })
  const log = { trace: say('trace'), debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const services: SlackService[] = []
  t.teardown(() => passing(Promise.all(services.map((service) => service.stop()))))
  const stores = new Map<SlackService, Store>()
  const config = async (service: SlackService, params: Readonly<Record<string, unknown>> = {}) => {
    const store = stores.get(service) ?? ours
    const raw = {
      'slack/bot-key': slack.botToken,
      'slack/api-url': slack.apiUrl,
      'slack/pace-ms': 0,
      'slack/timeout-seconds': 1,
      'slack/window-seconds': 3600,
      ...params,
    }
    const context = { endpoint, backgroundLog: log, signal: AbortSignal.timeout(60_000), state: async () => store }
    await passing(service.config(context, readParamValues(pluginParams, raw)))
  }
  const newService = () => {
    const service = new SlackService(chatOps, { settleMs, ...(waitingMax && { waitingMax }), ...(clock && { clock }) })
    services.push(service)
    return service
  }
  const pass = async (durationMs: number) => {
    if (!clock) return await sleep(durationMs)
    const endMs = clock.dateMs() + durationMs
    while (clock.dateMs() < endMs) await step()
  }
  return {
    slack,
    logged,
    services,
    config,
    async start(params) {
      await passing(services.at(-1)?.stop() ?? Promise.resolve())
      const service = newService()
      await config(service, params)
      return service
    },
    async join(store, params) {
      const service = newService()
      stores.set(service, store)
      await config(service, params)
      return service
    },
    async publish(service, ...events) {
      const store = stores.get(service) ?? ours
      const context = { endpoint, log, signal: AbortSignal.timeout(60_000), state: async () => store }
      for (const event of events) await service.publish(event, context)
    },
    dateMs: () => clock?.dateMs() ?? Date.now(),
    waitUntil(what, check, { timeoutMs = 20_000 } = {}) {
      const checkThenPass = async () => {
        const found = await check()
        if (found === undefined || found === false || found === null) await step()
        return found
      }
      return waitUntil(what, checkThenPass, { timeoutMs, intervalMs: clock ? 0 : 20 })
    },
    pass,
    quiet: () => pass(clock ? QUIET_MS : 300),
  }
}

const noChatOps = { configure: async () => undefined, blocks: () => [], stop: async () => undefined }

/** The same store; counts the writes under way. */
function countedWrites(store: Store, writes: { open: number }): Store {
  const counted =
    <Args extends readonly unknown[], T>(write: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      writes.open += 1
      try {
        return await write(...args)
      } finally {
        writes.open -= 1
      }
    }
  return Object.assign(prefixedStore(store, ''), {
    set: counted((...args: Parameters<Store['set']>) => store.set(...args)),
    delete: counted((...args: Parameters<Store['delete']>) => store.delete(...args)),
    compareAndSet: counted((...args: Parameters<Store['compareAndSet']>) => store.compareAndSet(...args)),
  })
}

let made = 0

/** The end of an action on a machine; each is an event of its own. */
export function actionEvent(
  name: string,
  more: Readonly<Record<string, unknown>> = {},
  Action = 'poweron',
): PluginEvent {
  made += 1
  const Machine = { Name: name, Uuid: `uuid-of-${name}` }
  const base = {
    Phase: 'end',
    Machine,
    Plugin: 'ipmi',
    Command: Action,
    RequestId: `r${made}`,
    Result: { Power: 'on' },
  }
  return {
    Id: `event-${made}`,
    Time: new Date().toISOString(),
    Type: 'machines',
    Action,
    Key: Machine.Uuid,
    Principal: 'user:ada',
    Object: { ...base, ...more },
    Original: null,
  }
}

export function failedEvent(name: string, Reason: string, message: string): PluginEvent {
  return actionEvent(name, { Phase: 'error', Result: undefined, Error: { Code: 504, Reason, Messages: [message] } })
}

/** All that a message shows: its text and that of its blocks. */
export function shown(message: {
  readonly content: { readonly text: string; readonly blocks: readonly unknown[] }
}): string {
  return [message.content.text, ...textsOf(message.content.blocks)].join('\n')
}

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (!isJsonObject(value)) return []
  return typeof value.text === 'string' ? [value.text] : Object.values(value).flatMap(textsOf)
}
