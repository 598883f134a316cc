import { once } from 'node:events'
import { DrpApiError } from '@powerbus/drp'
import { Secret } from '@powerbus/plugin-sdk'
import { waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { readPress } from '../../src/chatops/press.ts'
import { PressRecords } from '../../src/chatops/press-records.ts'
import { allowed, failedPowerOff, startChatOps } from './running-chat-ops.ts'

const dangerous = { ...allowed, 'slack/allow-actions': ['poweron', 'poweroff'] }

test('a press runs the action once, as the mapped user, and its result comes into the thread', async (t) => {
  const { slack, post, asked, events, audit, connected } = await startChatOps(t)
  await connected()
  const message = await post()
  const sent = await slack.users.press({ user: 'U1', message, actionId: 'powerbus.poweron' })
  t.ok(sent?.acknowledgedAtMs, 'acknowledged within 3 s')
  await waitUntil('the answer', () => slack.messages().length === 2)
  const [action] = asked
  const requestId = String(action?.options.requestId)
  t.match(action, { key: 'u-1', command: 'poweron', options: { onBehalfOf: 'user:ada' } })
  t.match(requestId, /^slack-[0-9a-f]{32}$/)
  t.same(action?.params, { 'power/request-id': requestId })
  t.match(slack.messages()[1], { threadTs: message.ts, content: { text: /node-01.*<@U1>/ } })
  t.same(audit(), ['asked', 'done'])
  t.match(events[1], {
    Type: 'slack',
    Action: 'audit',
    Key: 'u-1',
    Object: {
      Principal: 'user:ada',
      SlackUser: 'U1',
      Command: 'poweron',
      RequestId: requestId,
      Machine: { Uuid: 'u-1', Name: 'node-01' },
    },
  })
})

test('a power status is shown only to the user who pressed; an acknowledgement is shown to all and runs no action', async (t) => {
  const { slack, post, asked, audit, connected } = await startChatOps(t)
  await connected()
  const message = await post()
  await slack.users.press({ user: 'U1', message, actionId: 'powerbus.powerstatus' })
  await waitUntil('the answer', () => slack.ephemerals.length === 1)
  t.match(slack.ephemerals[0], { user: 'U1', text: /on/ })
  await slack.users.press({ user: 'U1', message, actionId: 'powerbus.acknowledge' })
  await waitUntil('the answer', () => slack.messages().length === 2)
  t.same(
    asked.map(({ command }) => command),
    ['powerstatus'],
  )
  t.same(audit(), ['asked', 'done', 'asked', 'done'])
})

test('a press delivered twice and a second click run the action once', async (t) => {
  const finish = new AbortController()
  const answer = async () => {
    await once(finish.signal, 'abort')
    return { Power: 'on' }
  }
  const { slack, post, asked, audit, connected } = await startChatOps(t, { answer })
  await connected()
  const message = await post()
  const payload = slack.users.pressPayload({ user: 'U1', message, actionId: 'powerbus.poweron' })
  if (!payload) throw new Error('nothing to send')
  const first = await slack.socket.send('interactive', payload)
  const again = await slack.socket.send('interactive', payload, { envelopeId: first.envelope.envelope_id })
  t.ok(again.acknowledgedAtMs, 'or Slack would send it for ever')
  await waitUntil('the action', () => asked.length === 1)
  await slack.users.press({ user: 'U2', message, actionId: 'powerbus.poweron' })
  await waitUntil('the second one is told', () => slack.ephemerals.length === 1)
  finish.abort()
  await waitUntil('the end', () => audit().length === 3)
  t.same(audit(), ['asked', 'repeated', 'done'])
  t.equal(asked.length, 1)
})

test('a user who may not press gets a refusal that only they see; members of a listed group may', async (t) => {
  const { slack, post, asked, audit, connected } = await startChatOps(t)
  await connected()
  const message = await post()
  await slack.users.press({ user: 'U3', message, actionId: 'powerbus.poweron' })
  await waitUntil('the refusal', () => slack.ephemerals.length === 1)
  t.equal(slack.ephemerals[0]?.user, 'U3')
  t.same([asked.length, audit()], [0, ['refused']])
  await slack.users.press({ user: 'U2', message, actionId: 'powerbus.poweron' })
  await waitUntil('the action', () => asked.length === 1)
  t.equal(asked[0]?.options.onBehalfOf, 'slack:U2', 'a user who is not mapped acts under the id')
})

test('a group that Slack does not list allows nobody', async (t) => {
  const { slack, post, asked, audit, connected } = await startChatOps(t)
  await connected()
  const message = await post()
  slack.fault({ method: 'usergroups.users.list', fault: { status: 503 } })
  await slack.users.press({ user: 'U2', message, actionId: 'powerbus.poweron' })
  await waitUntil('the refusal', () => slack.ephemerals.length === 1)
  t.same([asked.length, audit()], [0, ['refused']])
})

test('a command that may take a machine down has a button only if listed, asks first, and is checked at the press', async (t) => {
  const { slack, post, asked, audit, configure, connected } = await startChatOps(t)
  await connected()
  const ids = async () =>
    slack.users.buttonsOf(await post()).map(({ action_id, confirm }) => [action_id, confirm !== undefined])
  t.same(await ids(), [
    ['powerbus.poweron', false],
    ['powerbus.powerstatus', false],
    ['powerbus.acknowledge', false],
  ])
  await configure(dangerous)
  t.same(await ids(), [
    ['powerbus.poweroff', true],
    ['powerbus.poweron', false],
  ])
  const message = await post()
  const press = { user: 'U1', message, actionId: 'powerbus.poweroff' }
  t.equal(await slack.users.press({ ...press, isConfirmed: false }), undefined)

  const bare = { ...message, content: { ...message.content, blocks: withoutDialogs(message.content.blocks) } }
  await slack.users.press({ ...press, message: bare })
  await waitUntil('a button without a dialog is refused', () => slack.ephemerals.length === 1)
  const old = slack.users.pressPayload(press)
  const twoDaysAgo = `${Math.floor(Date.now() / 1000) - 2 * 86_400}.000100`
  await slack.socket.send('interactive', { ...old, message: { ...(old?.message as object), ts: twoDaysAgo } })
  await waitUntil('an old message is refused', () => slack.ephemerals.length === 2)
  t.equal(asked.length, 0)

  await slack.users.press(press)
  await waitUntil('the action', () => asked.length === 1)
  t.equal(asked[0]?.command, 'poweroff')
  await configure(allowed)
  await slack.users.press({ ...press, user: 'U2' })
  await waitUntil('no longer listed', () => slack.ephemerals.length === 3)
  t.equal(asked.length, 1)
  t.same(audit(), ['refused', 'refused', 'asked', 'done', 'refused'])
})

function withoutDialogs(blocks: readonly Readonly<Record<string, unknown>>[]) {
  return JSON.parse(
    JSON.stringify(blocks, (key, value) => (key === 'confirm' && typeof value === 'object' ? undefined : value)),
  )
}

test('a failure is reported with its escaped reason, a lost answer as not known', async (t) => {
  const drpError = {
    Model: 'plugin',
    Key: 'ipmi',
    Type: 'rpc',
    Messages: ['<!channel> no answer from 10.0.0.1'],
    Code: 504,
  }
  const failures = [
    new DrpApiError('refused', 'refused', { status: 504, drpError }),
    new DrpApiError('unreachable', 'the connection broke'),
  ]
  const { slack, post, audit, connected } = await startChatOps(t, { answer: () => Promise.reject(failures.shift()) })
  await connected()
  await slack.users.press({ user: 'U1', message: await post(), actionId: 'powerbus.poweron' })
  await waitUntil('the answer', () => slack.messages().length === 2)
  t.match(slack.messages()[1]?.content.text, /&lt;!channel&gt; no answer from 10\.0\.0\.1/)
  await slack.users.press({ user: 'U1', message: await post(), actionId: 'powerbus.poweron' })
  await waitUntil('the answer', () => slack.messages().length === 4)
  t.same(audit(), ['asked', 'failed', 'asked', 'unknown'])
})

test('buttons are off without a token or without anybody who may press them', async (t) => {
  const { slack, chatOps, configure, connected } = await startChatOps(t, {
    params: { 'slack/users': { U1: 'user:ada' } },
  })
  t.same(chatOps.blocks?.(failedPowerOff), [])
  await configure({ ...allowed, 'slack/app-token': undefined })
  t.same(chatOps.blocks?.(failedPowerOff), [])
  t.equal(slack.calls.length, 0)
  await configure(allowed)
  await connected()
  t.equal(chatOps.blocks?.(failedPowerOff).length, 1)
  await configure({})
  t.same(chatOps.blocks?.(failedPowerOff), [])
  await waitUntil('the connection is closed', () => slack.socket.connections === 0)
})

test('a bot token in place of the app token, and a principal with blanks, are refused by name', async (t) => {
  const { slack, chatOps, configure, connected } = await startChatOps(t)
  await connected()
  await t.rejects(configure({ ...allowed, 'slack/app-token': new Secret('xoxb-1') }), { code: 'PARAM_INVALID' })
  t.same(chatOps.blocks?.(failedPowerOff), [], 'nobody may press by what was set before')
  await waitUntil('the connection is closed', () => slack.socket.connections === 0)
  await configure(allowed)
  await connected()
  await t.rejects(configure({ ...allowed, 'slack/users': { U1: 'two words' } }), { code: 'PARAM_INVALID' })
})

test('the connection returns after a refresh, a break and an outage, and presses work again', async (t) => {
  const { slack, post, asked, connected } = await startChatOps(t)
  await connected()
  const message = await post()
  slack.socket.disconnect('refresh_requested')
  await waitUntil('another connection', () => slack.socket.openedConnections === 2, { timeoutMs: 20_000 })
  slack.socket.cut()
  await waitUntil('a third', () => slack.socket.openedConnections === 3, { timeoutMs: 20_000 })
  await slack.halt()
  await slack.resume()
  slack.fault({ method: 'apps.connections.open', times: 1, fault: { status: 503 } })
  slack.fault({ method: 'apps.connections.open', times: 1, fault: { error: 'invalid_auth' } })
  slack.fault({ method: 'apps.connections.open', times: 1, fault: { rateLimited: { retryAfterS: 0 } } })
  slack.fault({ method: 'apps.connections.open', times: 1, fault: { cut: 'after' } })
  await waitUntil('a fourth', () => slack.socket.openedConnections === 4, { timeoutMs: 20_000 })
  await connected()
  await slack.users.press({ user: 'U1', message, actionId: 'powerbus.poweron' })
  await waitUntil('the action', () => asked.length === 1)
})

test('a press that cannot be stored is not acknowledged and runs no action', async (t) => {
  const open = () => Promise.reject(new Error('the disk is full'))
  const { slack, post, asked, events, connected } = await startChatOps(t, { open })
  await connected()
  const sent = await slack.users.press({ user: 'U1', message: await post(), actionId: 'powerbus.poweron' })
  t.equal(sent?.acknowledgedAtMs, undefined)
  t.same([asked.length, events.length], [0, 0])
})

test('a press that a restart cut off is reported as not known, once', async (t) => {
  const { slack, store, post, configure, audit, connected } = await startChatOps(t, { params: {} })
  await configure(allowed)
  await connected()
  const message = await post()
  const press = readPress(slack.users.pressPayload({ user: 'U1', message, actionId: 'powerbus.poweron' }))
  if (!press) throw new Error('no press')
  const earlier = Date.now() - 3_600_000
  await store.set(`chatops/press/${press.id}`, { status: 'accepted', atMs: earlier, press: { ...press } as never })
  await configure({})
  await configure(allowed)
  await waitUntil('the report', () => slack.messages().length === 2)
  t.match(slack.messages()[1], { threadTs: message.ts, content: { text: /not known/ } })
  t.same(audit(), ['unknown'])
  t.same(await new PressRecords(async () => store).abandoned(), [])
})

test('a stop ends within 5 s while Slack does not answer', async (t) => {
  const { slack, chatOps, configure, connected } = await startChatOps(t)
  await connected()
  await configure({})
  slack.fault({ method: 'apps.connections.open', fault: { hang: 'before' } })
  await configure(allowed)
  await waitUntil('the request', () => slack.calls.at(-1)?.outcome === 'hang before')
  await within('the stop', chatOps.stop(), 5000)
  t.notOk(chatOps.isConnected)
})

test('no log line and no event has a token', async (t) => {
  const { slack, post, logged, events, connected } = await startChatOps(t)
  await connected()
  await slack.users.press({ user: 'U1', message: await post(), actionId: 'powerbus.poweron' })
  await waitUntil('the answer', () => slack.messages().length === 2)
  slack.revokeTokens()
  slack.socket.cut()
  await waitUntil('a failure', () => logged.some((line) => line.includes('invalid_auth')))
  t.notMatch(logged.join('\n') + JSON.stringify(events), /xapp-|xoxb-/)
})
