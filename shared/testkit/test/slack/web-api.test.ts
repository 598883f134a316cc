import { WebClient } from '@slack/web-api'
import { type Test, test } from 'tap'
import { type FakeSlack, type FakeSlackOptions, startFakeSlack, waitUntil } from '../../src/index.ts'
import { quietLogger as logger } from './quiet-logger.ts'

async function slackOf(t: Test, options: FakeSlackOptions = {}): Promise<{ slack: FakeSlack; client: WebClient }> {
  const slack = await startFakeSlack(options)
  t.teardown(() => slack.stop())
  return { slack, client: clientOf(slack) }
}

function clientOf(slack: FakeSlack, token = slack.botToken, timeout = 5000): WebClient {
  const retryConfig = { retries: 0 }
  return new WebClient(token, { slackApiUrl: slack.apiUrl, rejectRateLimitedCalls: true, retryConfig, timeout, logger })
}

/** Error code of a failed call: Slack's, or the client's. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    const { code, data } = error as { code?: string; data?: { error?: string } }
    return data?.error ?? code ?? String(error)
  }
  return 'none'
}

test('a message is posted, edited, answered in its thread, read and deleted', async (t) => {
  const { slack, client } = await slackOf(t)
  const channel = slack.channel('general').id
  const metadata = { event_type: 'powerbus', event_payload: { id: 'e1' } }
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*node-01* is on' } }]
  const posted = await client.chat.postMessage({ channel: '#general', text: 'node-01 is on', blocks, metadata })
  const ts = String(posted.ts)
  await client.chat.postMessage({ channel, thread_ts: ts, text: 'and stays so' })
  await client.chat.update({ channel, ts, text: 'node-01 is off' })

  const history = await client.conversations.history({ channel, include_all_metadata: true })
  t.equal(history.messages?.length, 1, 'the history has no answers in threads')
  const [found] = history.messages ?? []
  t.match(found, { ts, text: 'node-01 is off', reply_count: 1, metadata: { event_payload: { id: 'e1' } } })
  t.notOk((await client.conversations.history({ channel })).messages?.[0]?.metadata, 'no metadata unless requested')
  const replies = await client.conversations.replies({ channel, ts })
  t.same(
    replies.messages?.map(({ text }) => text),
    ['node-01 is off', 'and stays so'],
  )
  const [message] = slack.messages('general')
  t.same(
    message?.edits.map(({ text }) => text),
    ['node-01 is off'],
  )

  await client.chat.delete({ channel, ts })
  t.equal(await failureOf(client.chat.update({ channel, ts, text: 'again' })), 'message_not_found')
  t.equal(slack.messages('general').length, 1)
})

test('conversations are paged, archived ones leave gaps, and private ones need their scope', async (t) => {
  const channels = [0, 1, 2, 3, 4, 5, 6].map((n) => ({ name: `c${n}`, isPrivate: n === 6, isArchived: n === 1 }))
  const { slack, client } = await slackOf(t, { channels: [...channels, { name: 'foreign', isMember: false }] })
  const names: (string | undefined)[] = []
  const sizes: number[] = []
  const options = { types: 'public_channel,private_channel', exclude_archived: true, limit: 2 }
  for await (const page of client.paginate('users.conversations', options)) {
    const found = (page as { channels?: { name?: string }[] }).channels ?? []
    sizes.push(found.length)
    names.push(...found.map(({ name }) => name))
  }
  t.same(names, ['c0', 'c2', 'c3', 'c4', 'c5', 'c6'])
  t.same(sizes, [1, 2, 2, 1])
  t.equal(await failureOf(client.users.conversations({ cursor: 'nonsense' })), 'invalid_cursor')
  t.equal(slack.calls.filter(({ method }) => method === 'users.conversations').length, 5)

  const poor = await slackOf(t, { scopes: ['chat:write', 'channels:read'] })
  const refused = await poor.client.users.conversations({ types: 'public_channel,private_channel' }).catch((e) => e)
  t.match(refused.data, { error: 'missing_scope', needed: 'groups:read', provided: 'chat:write,channels:read' })
})

test("refusals have Slack's error codes", async (t) => {
  const channels = [{ name: 'general' }, { name: 'old', isArchived: true }, { name: 'foreign', isMember: false }]
  const { slack, client } = await slackOf(t, { channels })
  const post = (args: object) => failureOf(client.apiCall('chat.postMessage', { channel: '#general', ...args }))
  t.equal(await post({ channel: 'C0NONE', text: 'x' }), 'channel_not_found')
  t.equal(await post({ channel: '#old', text: 'x' }), 'is_archived')
  t.equal(await post({ channel: '#foreign', text: 'x' }), 'not_in_channel')
  t.equal(await post({}), 'no_text')
  t.equal(await post({ text: 'x'.repeat(40_001) }), 'msg_too_long')
  t.equal(await post({ text: 'x', blocks: 'no json' }), 'invalid_blocks_format')
  t.equal(
    await post({ text: 'x', blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] }),
    'invalid_blocks',
  )
  const long = { type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }
  t.equal(await post({ text: 'x', blocks: [long] }), 'invalid_blocks')
  t.equal(await post({ text: 'x', blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }), 'invalid_blocks')
  t.equal(await post({ text: 'x', metadata: { event_type: 'x' } }), 'invalid_metadata_format')
  t.equal(await post({ text: 'x', thread_ts: 'yesterday' }), 'invalid_thread_ts')
  t.equal(await failureOf(clientOf(slack, 'xoxb-other').auth.test()), 'invalid_auth')
  t.equal(await failureOf(clientOf(slack, slack.appToken).auth.test()), 'not_allowed_token_type')
  t.equal(await failureOf(client.apiCall('no.such')), 'unknown_method')
  t.equal(slack.messages().length, 0)
  slack.revokeTokens()
  t.equal(await failureOf(client.auth.test()), 'invalid_auth')
})

test('users and user groups are found by id', async (t) => {
  const users = [{ id: 'U1', name: 'ada', realName: 'Ada L.' }]
  const { client } = await slackOf(t, { users, userGroups: { S1: ['U1'] } })
  t.match(await client.users.info({ user: 'U1' }), { user: { name: 'ada', real_name: 'Ada L.' } })
  t.match(await client.usergroups.users.list({ usergroup: 'S1' }), { users: ['U1'] })
  t.equal(await failureOf(client.users.info({ user: 'U2' })), 'user_not_found')
  t.equal(await failureOf(client.usergroups.users.list({ usergroup: 'S2' })), 'no_such_subteam')
})

test('a JSON body works like a form', async (t) => {
  const { slack } = await slackOf(t)
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${slack.botToken}` }
  const body = JSON.stringify({ channel: slack.channel('general').id, text: 'x', blocks: [{ type: 'divider' }] })
  const answer = await fetch(`${slack.apiUrl}chat.postMessage`, { method: 'POST', headers, body })
  t.match(await answer.json(), { ok: true, message: { blocks: [{ type: 'divider' }] } })
})

test('every third call gets 429 with Retry-After, and a call that comes too early is recorded', async (t) => {
  const { slack, client } = await slackOf(t, { channels: [{ name: 'a' }, { name: 'b' }] })
  slack.fault({ method: 'chat.postMessage', every: 3, fault: { rateLimited: { retryAfterS: 30 } } })
  const post = (channel: string) => client.chat.postMessage({ channel: slack.channel(channel).id, text: 'x' })
  await post('a')
  await post('a')
  await t.rejects(post('a'), { code: 'slack_webapi_rate_limited_error', retryAfter: 30 })
  await post('b')
  t.equal(await failureOf(post('a')), 'slack_webapi_rate_limited_error')
  t.same(
    slack.calls.map(({ outcome, isTooEarly }) => [outcome, isTooEarly]),
    [
      ['ok', false],
      ['ok', false],
      ['ratelimited', false],
      ['ok', false],
      ['ratelimited', true],
    ],
  )
})

test('a channel accepts one message per second after its burst, without delaying another channel', async (t) => {
  const { slack, client } = await slackOf(t, { channels: [{ name: 'a' }, { name: 'b' }], pacing: { burst: 2 } })
  const post = (channel: string) => failureOf(client.chat.postMessage({ channel: `#${channel}`, text: 'x' }))
  t.same(
    [await post('a'), await post('a'), await post('a'), await post('b')],
    ['none', 'none', 'slack_webapi_rate_limited_error', 'none'],
  )
  t.equal(slack.messages('a').length, 2)
})

test('a message exists although its answer was lost', async (t) => {
  const { slack, client } = await slackOf(t)
  const post = (from = client) => failureOf(from.chat.postMessage({ channel: '#general', text: 'x' }))
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { cut: 'after' } })
  t.equal(await post(), 'slack_webapi_request_error')
  t.equal(slack.messages().length, 1)
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { hang: 'after' } })
  t.equal(await post(clientOf(slack, slack.botToken, 200)), 'slack_webapi_request_error')
  t.equal(slack.messages().length, 2)
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { cut: 'before' } })
  t.equal(await post(), 'slack_webapi_request_error')
  t.equal(slack.messages().length, 2)
  t.equal(await post(), 'none')
})

test('doneAfterLeavingMs executes a call after its caller has disconnected', async (t) => {
  const { slack } = await slackOf(t)
  slack.fault({ method: 'chat.postMessage', times: 1, fault: { doneAfterLeavingMs: 200 } })
  const impatient = clientOf(slack, slack.botToken, 300)
  await t.rejects(impatient.chat.postMessage({ channel: slack.channel('general').id, text: 'x' }))
  const leftMs = Date.now()
  t.equal(slack.messages().length, 0)
  const message = await waitUntil('the message', () => slack.messages()[0])
  t.ok(message.postedAtMs >= leftMs, 'the message was posted after the caller had disconnected')
})

test('a limit of one channel does not hold others, and the workspace has its own limit and burst', async (t) => {
  const pacing = { burst: 100, perSecond: 100, workspacePerMinute: 1, workspaceBurst: 2 }
  const { slack, client } = await slackOf(t, { channels: [{ name: 'a' }, { name: 'b' }], pacing })
  const post = (channel: string) => client.chat.postMessage({ channel: slack.channel(channel).id, text: 'x' })
  const [{ ts: first = '' }, { ts: second = '' }] = [await post('a'), await post('b')]
  t.equal(await failureOf(post('a')), 'slack_webapi_rate_limited_error')
  const edit = (channel: string, ts: string) =>
    client.chat.update({ channel: slack.channel(channel).id, ts, text: 'y' })
  slack.fault({ method: 'chat.update', channel: 'a', times: 1, fault: { rateLimited: { retryAfterS: 30 } } })
  t.equal(await failureOf(edit('a', first)), 'slack_webapi_rate_limited_error')
  t.equal(await failureOf(edit('a', first)), 'slack_webapi_rate_limited_error')
  t.equal(await failureOf(edit('b', second)), 'none')
})

test('status, error and delay faults hit their calls and end', async (t) => {
  const { slack, client } = await slackOf(t, { channels: [{ name: 'a' }, { name: 'b' }] })
  const post = (channel: string) => failureOf(client.chat.postMessage({ channel: `#${channel}`, text: 'x' }))
  const end = slack.fault({ channel: 'a', fault: { status: 503 } })
  t.same([await post('a'), await post('b')], ['slack_webapi_http_error', 'none'])
  end()
  slack.fault({ method: 'auth.test', fault: { error: 'token_revoked' } })
  t.same([await post('a'), await failureOf(client.auth.test())], ['none', 'token_revoked'])
  slack.clearFaults()
  slack.fault({ fault: { delayMs: 100 } })
  const before = performance.now()
  t.ok((await client.auth.test()).ok)
  t.ok(performance.now() - before > 90)
})

test('after a restart the fake has its messages and its port', async (t) => {
  const { slack, client } = await slackOf(t)
  await client.chat.postMessage({ channel: '#general', text: 'before' })
  await slack.halt()
  t.equal(await failureOf(client.auth.test()), 'slack_webapi_request_error')
  await slack.resume()
  await client.chat.postMessage({ channel: '#general', text: 'after' })
  t.same(
    slack.messages('general').map(({ content }) => content.text),
    ['before', 'after'],
  )
})
