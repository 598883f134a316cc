import type { JsonObject } from '@powerbus/drp'
import { type Endpoint, type EventToSend, type Logger, Secret } from '@powerbus/plugin-sdk'
import { EmbeddedStore, type Store } from '@powerbus/store'
import {
  type FakeMessage,
  type FakeSlack,
  type FakeSlackOptions,
  startFakeSlack,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { WebClient } from '@slack/web-api'
import type { Test } from 'tap'
import { ChatOps } from '../../src/chatops/chat-ops.ts'
import type { EventFacts } from '../../src/events/event-facts.ts'
import type { SlackParams } from '../../src/params.ts'
import { quietSlackLogger } from '../../src/slack/quiet-slack-logger.ts'

/** One action that the endpoint was asked for. */
export interface AskedAction {
  readonly key: string
  readonly command: string
  readonly params: JsonObject
  readonly options: { readonly onBehalfOf?: string; readonly requestId?: string }
}

export interface RunningChatOps {
  readonly slack: FakeSlack
  readonly chatOps: ChatOps
  readonly store: Store
  readonly asked: AskedAction[]
  /** Events that went to the endpoint. */
  readonly events: EventToSend[]
  readonly logged: string[]
  configure(params: JsonObject): Promise<void>
  /** Posts a message with the buttons for these facts. */
  post(facts?: Partial<EventFacts>): Promise<FakeMessage>
  /** Outcomes in the audit, in order. */
  audit(): readonly unknown[]
  connected(): Promise<unknown>
}

export const failedPowerOff: EventFacts = {
  kind: 'action',
  outcome: 'failed',
  severity: 'error',
  type: 'machines',
  action: 'poweroff',
  key: 'u-1',
  timeMs: 0,
  principal: 'user:powerbus',
  subject: 'node-01',
  machine: { uuid: 'u-1', name: 'node-01' },
  command: 'poweroff',
}

const users = [
  { id: 'U1', name: 'ada' },
  { id: 'U2', name: 'bob' },
  { id: 'U3', name: 'eve' },
]

export const allowed = {
  'slack/users': { U1: 'user:ada' },
  'slack/allow-users': ['U1'],
  'slack/allow-groups': ['S1'],
}

/**
 * ChatOps with a Slack on the loopback, an endpoint that answers as `answer` says, and a state of its own; configured,
 * unless `params` is undefined.
 */
export async function startChatOps(
  t: Test,
  {
    params = allowed,
    answer = async () => ({ Power: 'on', Changed: true }),
    open,
    turnMs,
    app = {},
  }: {
    params?: JsonObject | undefined
    answer?: (asked: AskedAction) => Promise<unknown>
    /** In place of the state that opens. */
    open?: () => Promise<Store>
    turnMs?: number
    app?: FakeSlackOptions
  } = {},
): Promise<RunningChatOps> {
  const slack = await startFakeSlack({ users, userGroups: { S1: ['U2'] }, ...app })
  const store = await EmbeddedStore.open({ folder: tempFolder(t) })
  const asked: AskedAction[] = []
  const events: EventToSend[] = []
  const logged: string[] = []
  const say = (message: string, data?: unknown) => void logged.push(`${message} ${JSON.stringify(data ?? {})}`)
  const log: Logger = { trace: say, debug: say, info: say, warn: say, error: say }
  const run = async (kind: string, key: string, command: string, sent: JsonObject, options: AskedAction['options']) => {
    t.equal(kind, 'machines')
    const action = { key, command, params: sent, options }
    asked.push(action)
    return answer(action)
  }
  const endpoint = {
    publish: async (event: EventToSend) => void events.push(event),
    api: () => ({ actions: { run } }),
  } as unknown as Endpoint
  const web = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: 5000,
    logger: quietSlackLogger(log),
  })
  const chatOps = new ChatOps({ pauses: { firstMs: 20, mostMs: 100 }, ...(turnMs !== undefined && { turnMs }) })
  t.teardown(async () => {
    await chatOps.stop()
    await slack.stop()
    await store.close()
  })
  const configure = (given: JsonObject) =>
    chatOps.configure({
      params: {
        'slack/api-url': slack.apiUrl,
        'slack/app-token': new Secret(slack.appToken),
        ...given,
      } as SlackParams & JsonObject,
      endpoint,
      log,
      state: open ?? (async () => store),
      slack: web,
    })
  await configure(params)
  const running: RunningChatOps = {
    slack,
    chatOps,
    store,
    asked,
    events,
    logged,
    configure,
    async post(facts = {}) {
      const blocks = chatOps.blocks({ ...failedPowerOff, ...facts })
      const channel = slack.channel('general').id
      const { ts } = await web.chat.postMessage({ channel, text: 'node-01', blocks: blocks as never })
      const message = slack.workspace.findMessage(channel, String(ts))
      if (!message) throw new Error('the message was not posted')
      return message
    },
    audit: () => events.map(({ Object: object }) => (object as JsonObject).Outcome),
    connected: () => waitUntil('a connection', () => chatOps.isConnected, { timeoutMs: 20_000 }),
  }
  return running
}
