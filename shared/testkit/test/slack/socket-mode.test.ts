import { SocketModeClient } from '@slack/socket-mode'
import { WebClient } from '@slack/web-api'
import { type Test, test } from 'tap'
import { WebSocket } from 'ws'
import { type FakeSlack, startFakeSlack, waitUntil } from '../../src/index.ts'
import { quietLogger } from './quiet-logger.ts'

const users = [{ id: 'U1', name: 'ada' }]

async function slackOf(t: Test): Promise<FakeSlack> {
  const slack = await startFakeSlack({ users })
  t.teardown(() => slack.stop())
  return slack
}

async function connected(t: Test, slack: FakeSlack): Promise<SocketModeClient> {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logger: quietLogger }
  const settings = { appToken: slack.appToken, clientPingTimeout: 300, autoReconnectEnabled: true }
  const client = new SocketModeClient({ ...settings, clientOptions, logger: quietLogger })
  t.teardown(() => client.disconnect())
  await client.start()
  return client
}

interface Interactive {
  readonly ack: (response?: Record<string, unknown>) => Promise<void>
  readonly body: { readonly actions: readonly { action_id: string; value?: string }[]; readonly response_url: string }
}

const button = { type: 'button', action_id: 'poweron', value: 'node-01', text: { type: 'plain_text', text: 'On' } }
const plain = (text: string) => ({ type: 'plain_text', text })
const confirm = { title: plain('Sure?'), text: plain('It goes off'), confirm: plain('Yes'), deny: plain('No') }
const danger = { ...button, action_id: 'poweroff', confirm }

test('the client gets a press of a button, and the fake gets its acknowledgement', async (t) => {
  const slack = await slackOf(t)
  const client = await connected(t, slack)
  const web = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl })
  const blocks = [{ type: 'actions', elements: [button, danger] }]
  await web.chat.postMessage({ channel: '#general', text: 'x', blocks })
  const [message] = slack.messages()
  if (!message) throw new Error('no message')
  const pressed: Interactive[] = []
  client.on('interactive', async (event: Interactive) => {
    pressed.push(event)
    await event.ack()
  })
  const sent = await slack.users.press({ user: 'U1', message, actionId: 'poweron' })
  t.ok(sent?.acknowledgedAtMs)
  t.match(pressed[0]?.body, { user: { id: 'U1' }, actions: [{ action_id: 'poweron', value: 'node-01' }] })
  t.equal(await slack.users.press({ user: 'U1', message, actionId: 'poweroff', isConfirmed: false }), undefined)
  t.equal(pressed.length, 1, 'the answer no to the confirm dialog sends nothing')
  await t.rejects(slack.users.press({ user: 'U1', message, actionId: 'none' }))

  const answer = (text: string) =>
    fetch(pressed[0]?.body.response_url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    })
  for (let n = 0; n < 5; n += 1) t.equal((await answer(`answer ${n}`)).status, 200)
  t.equal((await answer('one too many')).status, 404)
  t.match(slack.ephemerals[0], { user: 'U1', text: 'answer 0' })
})

test('a slash command and an event have the fields that Slack sends', async (t) => {
  const slack = await slackOf(t)
  const client = await connected(t, slack)
  const seen: unknown[] = []
  client.on('slash_commands', async ({ ack, body }) => {
    seen.push(body.text)
    await ack({ text: 'on it' })
  })
  client.on('app_mention', async ({ ack, event }) => {
    seen.push(event.text)
    await ack()
  })
  const command = { user: 'U1', channel: 'general', command: '/powerbus', text: 'status node-01' }
  t.match((await slack.users.slashCommand(command)).response, { text: 'on it' })
  t.ok((await slack.users.event({ type: 'app_mention', text: 'hello' })).acknowledgedAtMs)
  t.same(seen, ['status node-01', 'hello'])
})

test('an unacknowledged envelope is recorded as such, and can be sent again', async (t) => {
  const slack = await slackOf(t)
  const client = await connected(t, slack)
  const ids: unknown[] = []
  client.on('slack_event', async ({ ack, envelope_id }) => {
    ids.push(envelope_id)
    if (ids.length > 1) await ack()
  })
  const first = await slack.socket.send('interactive', { type: 'block_actions' })
  t.equal(first.acknowledgedAtMs, undefined)
  const again = { envelopeId: first.envelope.envelope_id, attempt: 1 }
  t.ok((await slack.socket.send('interactive', { type: 'block_actions' }, again)).acknowledgedAtMs)
  t.equal(ids[0], ids[1])
})

test('the client reconnects after Slack refreshes or cuts its connection', async (t) => {
  const slack = await slackOf(t)
  const client = await connected(t, slack)
  // The client leaves a rejection unhandled when it is ended before Slack's hello.
  let hellos = 1
  client.on('connected', () => {
    hellos += 1
  })
  t.equal(slack.socket.connections, 1)
  slack.socket.disconnect('refresh_requested')
  await waitUntil('a second connection', () => hellos === 2, { timeoutMs: 20_000 })
  t.equal(slack.socket.openedConnections, 2)
  slack.socket.cut()
  await waitUntil('a third connection', () => hellos === 3, { timeoutMs: 20_000 })
  t.equal(slack.socket.openedConnections, 3)
})

test('a ticket allows one connection', async (t) => {
  const slack = await slackOf(t)
  const web = new WebClient(slack.appToken, { slackApiUrl: slack.apiUrl })
  const { url = '' } = await web.apps.connections.open({})
  const opened = (address: string) =>
    new Promise<boolean>((resolve) => {
      const socket = new WebSocket(address)
      socket.on('open', () => resolve(true)).on('error', () => resolve(false))
    })
  t.ok(await opened(url))
  t.notOk(await opened(url))
})

test('a halted fake has no connection to send to', async (t) => {
  const slack = await slackOf(t)
  await slack.halt()
  await t.rejects(slack.socket.send('interactive', {}))
})
