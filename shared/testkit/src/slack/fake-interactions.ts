import { randomUUID } from 'node:crypto'
import { messageJson } from './conversation-methods.ts'
import { contentOf } from './message-methods.ts'
import { flagOf, type SlackArguments, textOf } from './slack-arguments.ts'
import type { FakeMessage, SlackWorkspace } from './slack-workspace.ts'
import type { Envelope, SentEnvelope, SocketModeServer } from './socket-mode-server.ts'

export interface Press {
  /** Id of the user who presses the button. */
  readonly user: string
  readonly message: FakeMessage
  /** Action id of a button of the message. */
  readonly actionId: string
  /** Answer of the user to the button's confirm dialog, if it has one; default true. */
  readonly isConfirmed?: boolean
}

interface Button {
  readonly type: string
  readonly action_id?: string
  readonly value?: string
  readonly text?: unknown
  readonly confirm?: unknown
}

/** Most messages that a response_url accepts. */
const RESPONSES_MAX = 5

/** Actions of Slack users: pressing buttons, slash commands, mentions of the app. */
export class FakeInteractions {
  readonly #workspace: SlackWorkspace
  readonly #socket: SocketModeServer
  readonly #responseUrl: (id: string) => string
  readonly #isInteractive: boolean
  readonly #responses = new Map<string, { channel: string; user: string; message?: FakeMessage; left: number }>()

  constructor(
    workspace: SlackWorkspace,
    socket: SocketModeServer,
    isInteractive: boolean,
    responseUrl: (id: string) => string,
  ) {
    this.#isInteractive = isInteractive
    this.#workspace = workspace
    this.#socket = socket
    this.#responseUrl = responseUrl
  }

  /** The buttons of a message in its present form, in action blocks and accessories. */
  buttonsOf({ content }: FakeMessage): readonly (Button & { block_id: string })[] {
    return content.blocks.flatMap((block, index) => {
      const elements = [...((block.elements as Button[] | undefined) ?? []), block.accessory as Button | undefined]
      const blockId = typeof block.block_id === 'string' ? block.block_id : `b${index}`
      return elements.flatMap((element) => (element?.type === 'button' ? [{ ...element, block_id: blockId }] : []))
    })
  }

  /**
   * Presses a button. Slack itself shows the confirm dialog; if the user answers "no", nothing is sent and the result
   * is undefined. So it is without Interactivity: Slack shows a warning at the button. Throws if the message has no such
   * button.
   */
  async press(press: Press): Promise<SentEnvelope | undefined> {
    const payload = this.pressPayload(press)
    if (payload === undefined || !this.#isInteractive) return undefined
    return this.#socket.send('interactive', payload)
  }

  /** The payload of a press, for tests that send it twice or change it. */
  pressPayload({ user, message, actionId, isConfirmed = true }: Press): Envelope['payload'] | undefined {
    const button = this.buttonsOf(message).find(({ action_id }) => action_id === actionId)
    if (!button) throw new Error(`the message has no button ${actionId}`)
    if (button.confirm !== undefined && !isConfirmed) return undefined
    const { channel, ts } = message
    const action_ts = this.#workspace.nextTs()
    return {
      type: 'block_actions',
      ...this.#who(user),
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
      trigger_id: randomUUID(),
      channel: { id: channel, name: this.#workspace.channel(channel).name },
      message: messageJson(message, this.#workspace, true),
      response_url: this.#newResponse({ channel, user, message }),
      actions: [{ ...button, action_ts }],
      state: { values: {} },
    }
  }

  async slashCommand(command: { user: string; channel: string; command: string; text: string }): Promise<SentEnvelope> {
    const channel = this.#workspace.channel(command.channel)
    const who = { user_id: command.user, user_name: this.#nameOf(command.user) }
    const where = { channel_id: channel.id, channel_name: channel.name, team_id: this.#workspace.teamId }
    const response_url = this.#newResponse({ channel: channel.id, user: command.user })
    const what = { command: command.command, text: command.text, trigger_id: randomUUID(), response_url }
    return this.#socket.send('slash_commands', { ...who, ...where, ...what, api_app_id: this.#workspace.appId })
  }

  /** Sends an event of the Events API, such as `app_mention`. */
  async event(event: Readonly<Record<string, unknown>>): Promise<SentEnvelope> {
    const about = { team_id: this.#workspace.teamId, api_app_id: this.#workspace.appId, event }
    const id = { event_id: `Ev${randomUUID()}`, event_time: Math.floor(Date.now() / 1000) }
    return this.#socket.send('events_api', { ...about, ...id, type: 'event_callback' })
  }

  /**
   * Handles a POST to a response_url: replaces the message (`replace_original`), posts to the channel (`response_type`
   * `in_channel`) or sends an ephemeral message. False if the response_url is unknown or used up.
   */
  respond(id: string, body: SlackArguments): boolean {
    const response = this.#responses.get(id)
    if (!response || response.left === 0) return false
    response.left -= 1
    const { channel, user, message } = response
    const content = contentOf(body, 40_000)
    const threadTs = textOf(body, 'thread_ts') || undefined
    if (message && flagOf(body, 'replace_original')) this.#workspace.edit(channel, message.ts, content)
    else if (body.response_type === 'in_channel') this.#workspace.post(channel, content, threadTs)
    else
      this.#workspace.ephemerals.push({ channel, user, threadTs, text: content.text, atMs: this.#workspace.dateMs() })
    return true
  }

  #newResponse(response: { channel: string; user: string; message?: FakeMessage }): string {
    const id = randomUUID()
    this.#responses.set(id, { ...response, left: RESPONSES_MAX })
    return this.#responseUrl(id)
  }

  #who(user: string) {
    const { teamId, appId } = this.#workspace
    const name = this.#nameOf(user)
    const person = { id: user, username: name, name, team_id: teamId }
    return { user: person, api_app_id: appId, team: { id: teamId, domain: 'powerbus-test' }, token: 'deprecated' }
  }

  #nameOf(user: string): string {
    return this.#workspace.users.find(({ id }) => id === user)?.name ?? user
  }
}
