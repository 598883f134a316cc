import { setTimeout as sleep } from 'node:timers/promises'
import { isJsonObject } from '@powerbus/drp'
import { type PluginEvent, readParamValues, Secret } from '@powerbus/plugin-sdk'
import { EmbeddedStore, prefixedStore, type Store } from '@powerbus/store'
import { type FakeSlack, type FakeSlackOptions, startFakeSlack, tempFolder } from '@powerbus/testkit'
import type { Test } from 'tap'
import type { Companion } from '../src/companion.ts'
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

export interface SlackWorldOptions extends FakeSlackOptions {
  readonly settleMs?: number
  readonly companion?: Companion
}

export interface SlackWorld {
  readonly slack: FakeSlack
  /** What the services have said. */
  readonly logged: readonly LoggedLine[]
  /** All that were started, also where their config failed. */
  readonly services: readonly SlackService[]
  /** A service on the same store; the one before it stops. With no pace and a window of an hour unless `params` say otherwise. */
  start(params?: Readonly<Record<string, unknown>>): Promise<SlackService>
  /** A service on a store of its own, beside those that there are. */
  join(store: Store, params?: Readonly<Record<string, unknown>>): Promise<SlackService>
  config(service: SlackService, params?: Readonly<Record<string, unknown>>): Promise<void>
  publish(service: SlackService, ...events: readonly PluginEvent[]): Promise<void>
}

/** A fake Slack and services in this process that deliver to it; what they give up settles in `settleMs`. */
export async function slackWorld(
  t: Test,
  { settleMs = 500, companion, ...options }: SlackWorldOptions = {},
): Promise<SlackWorld> {
  const slack = await startFakeSlack(options)
  t.teardown(() => slack.stop())
  const embedded = await EmbeddedStore.open({ folder: tempFolder(t) })
  t.teardown(() => embedded.close())
  const ours = prefixedStore(embedded, 'slack/')
  const logged: LoggedLine[] = []
  const say = (level: string) => (message: string, data?: unknown) => void logged.push({ level, message, data })
  const log = { trace: say('trace'), debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const services: SlackService[] = []
  t.teardown(() => Promise.all(services.map((service) => service.stop())))
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
    await service.config(context, readParamValues(pluginParams, raw))
  }
  return {
    slack,
    logged,
    services,
    config,
    async start(params) {
      await services.at(-1)?.stop()
      const service = new SlackService(companion, { settleMs })
      services.push(service)
      await config(service, params)
      return service
    },
    async join(store, params) {
      const service = new SlackService(companion, { settleMs })
      stores.set(service, store)
      services.push(service)
      await config(service, params)
      return service
    },
    async publish(service, ...events) {
      const store = stores.get(service) ?? ours
      const context = { endpoint, log, signal: AbortSignal.timeout(60_000), state: async () => store }
      for (const event of events) await service.publish(event, context)
    },
  }
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

/** Nothing more comes: as long as several turns take. */
export async function quiet(): Promise<void> {
  await sleep(300)
}
