import type { FastifyInstance } from 'fastify'
import type { VirtualClock } from '../virtual-clock.ts'
import { FakeInteractions } from './fake-interactions.ts'
import { type FaultRule, SlackFaults } from './slack-faults.ts'
import { type PacingOptions, SlackPacing } from './slack-limits.ts'
import { botScopes } from './slack-scopes.ts'
import { type SlackCall, SlackWebApi } from './slack-web-api.ts'
import {
  type ChannelOptions,
  type FakeChannel,
  type FakeEphemeral,
  type FakeMessage,
  type FakeUser,
  SlackWorkspace,
} from './slack-workspace.ts'
import { SocketModeServer } from './socket-mode-server.ts'

export interface FakeSlackOptions {
  /** Default: one public channel `general` with the bot as a member. */
  readonly channels?: readonly ChannelOptions[]
  readonly users?: readonly FakeUser[]
  /** User ids by the id of their user group. */
  readonly userGroups?: Readonly<Record<string, readonly string[]>>
  /** Scopes of the bot token; default: `botScopes`. */
  readonly scopes?: readonly string[]
  /** Whether the app has Interactivity (`settings.interactivity` of its manifest); default true. */
  readonly isInteractive?: boolean
  /** Rate limits of messages; default none. */
  readonly pacing?: PacingOptions
  /** Loopback port; default a free one. */
  readonly port?: number
  /** Key and certificate in PEM, for HTTPS; default HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Host and port by which clients come, in the address of Socket Mode; default those of `apiUrl`. */
  readonly publicHost?: string
  /** Clock of messages, rate limits and late calls; default the system's. */
  readonly clock?: VirtualClock
}

/** A fake Slack on the loopback: documented Web API and Socket Mode, a record of all calls, and faults. */
export interface FakeSlack {
  /** `http://127.0.0.1:PORT/api/` (https with `tls`), for the client's `slackApiUrl` and the plugin's `slack/api-url`. */
  readonly apiUrl: string
  readonly botToken: string
  readonly appToken: string
  readonly workspace: SlackWorkspace
  readonly socket: SocketModeServer
  /** Actions of users: pressing buttons, slash commands. */
  readonly users: FakeInteractions
  /** All calls of the Web API, in order of arrival. */
  readonly calls: readonly SlackCall[]
  addChannel(channel: ChannelOptions): FakeChannel
  /** A channel by id or name. Throws if there is none. */
  channel(nameOrId: string): FakeChannel
  /** Messages of one channel (id or name) or of all, in their present form, oldest first, without deleted ones. */
  messages(nameOrId?: string): readonly FakeMessage[]
  readonly ephemerals: readonly FakeEphemeral[]
  /** Adds a fault; the returned function removes it. `channel` may be a name. */
  fault(rule: FaultRule): () => void
  clearFaults(): void
  /** Adds a scope to the bot token, as a reinstalled app has it. */
  grant(scope: string): void
  /** Makes all tokens unknown (`invalid_auth`). For `token_revoked` use a fault. */
  revokeTokens(): void
  /** Ends the server and all connections at once; the messages stay. */
  halt(): Promise<void>
  /** Starts the server again after `halt`, on the same port. */
  resume(): Promise<void>
  /** Ends the fake. A second call does nothing. */
  stop(): Promise<void>
}

/** Starts a fake Slack on a free port of 127.0.0.1. It keeps the process alive until `stop()`. */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const { channels = [{ name: 'general' }], users = [], userGroups = {}, scopes = botScopes } = options
  const { isInteractive = true } = options
  const workspace = new SlackWorkspace(options.clock)
  for (const channel of channels) workspace.addChannel(channel)
  workspace.users.push(...users)
  for (const [id, members] of Object.entries(userGroups)) workspace.userGroups.set(id, [...members])

  const [botToken, appToken] = ['xoxb-fake-bot-token', 'xapp-fake-app-token']
  const botTokenScopes = new Set(scopes)
  const tokens = new Map([
    [botToken, { kind: 'bot', scopes: botTokenScopes } as const],
    [appToken, { kind: 'app', scopes: new Set(['connections:write']) } as const],
  ])
  const faults = new SlackFaults()
  const calls: SlackCall[] = []
  const socket = new SocketModeServer(workspace.appId)
  let port = options.port ?? 0
  const secure = options.tls ? 's' : ''
  const interactions = new FakeInteractions(
    workspace,
    socket,
    isInteractive,
    (id) => `http${secure}://127.0.0.1:${port}/response/${id}`,
  )
  const webApi = new SlackWebApi({
    workspace,
    faults,
    pacing: options.pacing && new SlackPacing(options.pacing, () => workspace.dateMs()),
    tokens,
    calls,
    openSocketUrl: () => `ws${secure}://${options.publicHost ?? `127.0.0.1:${port}`}${socket.newPath()}`,
    respond: (id, body) => interactions.respond(id, body),
  })

  let app: FastifyInstance | undefined
  const resume = async () => {
    app = webApi.server(options.tls)
    socket.start()
    app.server.on('upgrade', (request, stream, head) => socket.upgrade(request, stream, head))
    port = Number(new URL(await app.listen({ port, host: '127.0.0.1' })).port)
  }
  const halt = async () => {
    const running = app
    app = undefined
    socket.stop()
    await running?.close()
  }
  await resume()
  return {
    apiUrl: `http${secure}://127.0.0.1:${port}/api/`,
    botToken,
    appToken,
    workspace,
    socket,
    users: interactions,
    calls,
    addChannel: (channel) => workspace.addChannel(channel),
    channel: (nameOrId) => workspace.channel(nameOrId),
    messages: (nameOrId) => {
      if (nameOrId !== undefined) return workspace.messagesIn(nameOrId)
      return workspace.messages.filter(({ isDeleted }) => !isDeleted)
    },
    ephemerals: workspace.ephemerals,
    fault: ({ channel, ...rule }) =>
      faults.add(channel === undefined ? rule : { ...rule, channel: workspace.channel(channel).id }),
    clearFaults: () => faults.clear(),
    grant: (scope) => void botTokenScopes.add(scope),
    revokeTokens: () => tokens.clear(),
    halt,
    resume,
    stop: halt,
  }
}
