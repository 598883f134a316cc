import type { FastifyInstance } from 'fastify'
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
  /** One public channel `general` with the bot in it. */
  readonly channels?: readonly ChannelOptions[]
  readonly users?: readonly FakeUser[]
  /** Users' ids by the id of their group. */
  readonly userGroups?: Readonly<Record<string, readonly string[]>>
  /** Scopes of the bot token; all that the fake knows. */
  readonly scopes?: readonly string[]
  /** Messages per second and channel; as many as come where absent. */
  readonly pacing?: PacingOptions
  /** Loopback port; a free one. */
  readonly port?: number
}

/** A Slack on the loopback: its Web API and Socket Mode as documented, with all that happened and faults on demand. */
export interface FakeSlack {
  /** For `slackApiUrl` of the client and `slack/api-url` of the plugin: `http://127.0.0.1:PORT/api/`. */
  readonly apiUrl: string
  readonly botToken: string
  readonly appToken: string
  readonly workspace: SlackWorkspace
  readonly socket: SocketModeServer
  /** What users do: press buttons, type commands. */
  readonly users: FakeInteractions
  /** Every call of the Web API, in the order in which they came. */
  readonly calls: readonly SlackCall[]
  addChannel(channel: ChannelOptions): FakeChannel
  /** By id or name. Throws where there is none. */
  channel(nameOrId: string): FakeChannel
  /** Of one channel (id or name) as it reads now, oldest first; with none named, of all. Deleted ones are left out. */
  messages(nameOrId?: string): readonly FakeMessage[]
  readonly ephemerals: readonly FakeEphemeral[]
  /** A fault from now on; what comes back takes it away. `channel` may be a name. */
  fault(rule: FaultRule): () => void
  clearFaults(): void
  /** The tokens are known no longer: `invalid_auth`. A fault with `token_revoked` says it in other words. */
  revokeTokens(): void
  /** Ends the server and all connections at once; what was posted stays. */
  halt(): Promise<void>
  /** Starts it again on the same port after `halt`. */
  resume(): Promise<void>
  /** The end. Calling it again does nothing. */
  stop(): Promise<void>
}

/** Starts a Slack on a free port of 127.0.0.1. It keeps the process alive until `stop()`. */
export async function startFakeSlack(options: FakeSlackOptions = {}): Promise<FakeSlack> {
  const { channels = [{ name: 'general' }], users = [], userGroups = {}, scopes = botScopes } = options
  const workspace = new SlackWorkspace()
  for (const channel of channels) workspace.addChannel(channel)
  workspace.users.push(...users)
  for (const [id, members] of Object.entries(userGroups)) workspace.userGroups.set(id, [...members])

  const [botToken, appToken] = ['xoxb-fake-bot-token', 'xapp-fake-app-token']
  const tokens = new Map([
    [botToken, { kind: 'bot', scopes: new Set(scopes) } as const],
    [appToken, { kind: 'app', scopes: new Set(['connections:write']) } as const],
  ])
  const faults = new SlackFaults()
  const calls: SlackCall[] = []
  const socket = new SocketModeServer(workspace.appId)
  let port = options.port ?? 0
  const interactions = new FakeInteractions(workspace, socket, (id) => `http://127.0.0.1:${port}/response/${id}`)
  const webApi = new SlackWebApi({
    workspace,
    faults,
    pacing: options.pacing && new SlackPacing(options.pacing),
    tokens,
    calls,
    openSocketUrl: () => `ws://127.0.0.1:${port}${socket.newPath()}`,
    respond: (id, body) => interactions.respond(id, body),
  })

  let app: FastifyInstance | undefined
  const resume = async () => {
    app = webApi.server()
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
    apiUrl: `http://127.0.0.1:${port}/api/`,
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
    revokeTokens: () => tokens.clear(),
    halt,
    resume,
    stop: halt,
  }
}
