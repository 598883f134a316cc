import { join } from 'node:path'
import {
  builtExecutable,
  launchPlugin,
  type SlackCall,
  startFakeSlack,
  tempFolder,
  unixRequest,
  waitUntil,
} from '@powerbus/testkit'
import { test } from 'tap'
import { actionEvent, shown } from './slack-world.ts'

const EVENTS = 10_000
const CHANNELS = 20
const MACHINES = 200
const WINDOW_S = 20
/** Requests under way at a time, as an endpoint has them for as many keys. */
const LANES = 20

test('10,000 events, kill -9 in the middle, 429 to every third call: nothing lost, nothing twice, in order, one message per machine and window', async (t) => {
  const names = Array.from({ length: CHANNELS }, (_, index) => `rack${index}`)
  const slack = await startFakeSlack({ channels: [...names.map((name) => ({ name })), { name: 'slow' }] })
  t.teardown(() => slack.stop())
  slack.fault({ method: 'chat.postMessage', every: 3, fault: { rateLimited: { retryAfterS: 1 } } })
  slack.fault({ method: 'chat.update', every: 3, fault: { rateLimited: { retryAfterS: 0 } } })
  slack.fault({ method: 'chat.postMessage', channel: 'slow', fault: { rateLimited: { retryAfterS: 300 } } })

  const executable = builtExecutable('plugins/slack')
  const env = { POWERBUS_STATE: join(tempFolder(t), 'state') }
  const routes = names.map((name) => ({ match: { name: `${name}-*` }, channel: name }))
  const params = {
    Name: 'slack',
    'slack/bot-key': slack.botToken,
    'slack/api-url': slack.apiUrl,
    'slack/pace-ms': 20,
    'slack/window-seconds': WINDOW_S,
    'slack/routes': [...routes, { match: { name: 'slow-*' }, channel: 'slow' }],
  }
  const launch = async () => {
    const launched = await launchPlugin(t, executable, { env })
    t.match(await launched.config(params), { status: 200 })
    return launched
  }
  let plugin = await launch()

  const machines = Array.from({ length: MACHINES }, (_, index) => `rack${index % CHANNELS}-node${index}`)
  const events = Array.from({ length: EVENTS }, (_, index) => {
    const name = machines[index % MACHINES] ?? ''
    return {
      name,
      place: Math.floor(index / MACHINES),
      event: actionEvent(name, { Result: { Power: `p${Math.floor(index / MACHINES)}.` } }),
    }
  })
  await plugin.post('/api-plugin/v4/publish', actionEvent('slow-1'))

  // As an endpoint does: what was not answered is sent again, the events of one machine one after another.
  let answered = 0
  const deliver = async (body: unknown) => {
    for (;;) {
      const socketPath = plugin.toPath
      const answer = await unixRequest({ socketPath, path: '/api-plugin/v4/publish', body, timeoutMs: 30_000 }).catch(
        () => undefined,
      )
      const failures = answer ? (answer.json() as { Messages: readonly string[] }).Messages : ['no answer']
      if (failures.length === 0) break
      await waitUntil('a plugin that can be asked', () => plugin.toPath !== socketPath || answer !== undefined, {
        timeoutMs: 60_000,
      })
    }
    answered += 1
  }
  const sending = Array.from({ length: LANES }, async (_, lane) => {
    for (const [index, { event }] of events.entries()) if ((index % MACHINES) % LANES === lane) await deliver(event)
  })
  await waitUntil('half of the events', () => answered >= EVENTS / 2, { timeoutMs: 150_000 })
  const killedMs = Date.now()
  plugin.process.kill('SIGKILL')
  await plugin.process.exited
  plugin = await launch()
  await Promise.all(sending)

  const found = () => {
    const texts = new Map<string, string>()
    for (const message of slack.messages()) {
      const name = /rack\d+-node\d+/.exec(shown(message))?.[0] ?? ''
      texts.set(
        name,
        `${texts.get(name) ?? ''}\n${message.content.blocks.map((block) => JSON.stringify(block)).join('\n')}`,
      )
    }
    return texts
  }
  const placesIn = (text: string) => [...text.matchAll(/power p(\d+)\./g)].map(([, place]) => Number(place))
  await waitUntil(
    'all events in Slack',
    () => {
      const texts = found()
      return machines.every((name) => placesIn(texts.get(name) ?? '').length >= EVENTS / MACHINES)
    },
    { timeoutMs: 90_000, intervalMs: 500 },
  )

  const texts = found()
  const wanted = Array.from({ length: EVENTS / MACHINES }, (_, place) => place)
  const wrong = machines.filter((name) => JSON.stringify(placesIn(texts.get(name) ?? '')) !== JSON.stringify(wanted))
  t.same(wrong, [], 'each event once and in its order')

  const crowded = machines.filter((name) => {
    const times = slack
      .messages()
      .filter((message) => shown(message).includes(`${name}*`) || shown(message).includes(`${name}\``))
    return times.some(
      ({ postedAtMs }, index) => postedAtMs - (times[index - 1]?.postedAtMs ?? 0) < (WINDOW_S - 1) * 1000,
    )
  })
  t.same(crowded, [], 'at most one message per machine and window')
  // What Slack answered in the moment of the kill nobody has read.
  const isCutOff = ({ outcome, atMs }: SlackCall) => outcome === 'ratelimited' && Math.abs(atMs - killedMs) < 500
  const unread = new Set(slack.calls.filter(isCutOff).map(({ args }) => args.channel))
  const known = ({ args, atMs }: SlackCall) => !unread.has(args.channel) || Math.abs(atMs - killedMs) > 2000
  const early = slack.calls.filter((call) => call.isTooEarly && known(call))
  t.equal(early.length, 0, 'Retry-After is kept')
  t.equal(slack.messages('slow').length, 0, 'the channel that must wait 300 s waits')
  const limited = slack.calls.filter(({ outcome }) => outcome === 'ratelimited').length
  t.ok(limited > 50, `${limited} calls were answered with 429`)
  const queue = await plugin.action({ Model: {}, Plugin: 'slack', Command: 'slackqueue', Params: {} })
  t.match(queue.json(), { Channels: [{ Name: 'slow', Waiting: 1 }] })
  t.comment(`${slack.calls.length} calls, ${slack.messages().length} messages`)
})
