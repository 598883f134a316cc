import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { EmbeddedStore } from '@powerbus/store'
import {
  type FakeSlack,
  type FakeSlackOptions,
  type LaunchedPlugin,
  launchPlugin,
  startFakeSlack,
  type TestScope,
  tempFolder,
  waitUntil,
} from '@powerbus/testkit'
import { alone } from './alone.ts'
import { executable } from './executables.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

/** Events that are on their way to the plugin at a time: an endpoint of ours has 8. */
const PUBLISHERS = 8
const CHANNELS = ['ops', 'noc', 'lab']
/** Events in the outbox before a measurement. */
const BACKLOGS = [0, 10_000, 25_000]
/** Longer than any run. */
const CLOSED_S = 3600

let number = 0

function nextEvent() {
  number += 1
  const Uuid = `machine-${number % 200}`
  const end = { Phase: 'end', Command: 'poweron', Result: { Power: 'on' }, RequestId: `r-${number}` }
  const about = { Machine: { Uuid, Name: Uuid }, ...end }
  const subject = { Type: 'machines', Action: 'poweron', Key: Uuid, Principal: 'user:bench' }
  return { Id: `${process.pid}-${number}`, Time: new Date().toISOString(), ...subject, Object: about, Original: null }
}

interface World {
  readonly slack: FakeSlack
  readonly plugin: LaunchedPlugin
  publish(): Promise<void>
}

/** The built plugin with a Slack on the loopback; every event goes to every channel. */
async function startWorld(scope: TestScope, options: FakeSlackOptions): Promise<World> {
  const slack = await startFakeSlack({ channels: CHANNELS.map((name) => ({ name })), ...options })
  scope.teardown(() => slack.stop())
  const plugin = await launchPlugin(scope, executable('plugins/slack'))
  const params = { 'slack/bot-key': slack.botToken, 'slack/api-url': slack.apiUrl, 'slack/window-seconds': 0 }
  const { status, text } = await plugin.config({ Name: 'slack', ...params })
  if (status !== 200) throw new Error(`config answered ${status}: ${text}`)
  const agent = new Agent({ keepAlive: true, maxSockets: PUBLISHERS })
  scope.teardown(() => agent.destroy())
  return { slack, plugin, publish: () => publish(agent, plugin.toPath) }
}

/** Fulfilled when the plugin has said that the event is durable. */
function publish(agent: Agent, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const options = { agent, socketPath, path: '/api-plugin/v4/publish', method: 'POST', headers }
    const outgoing = request(options, (incoming) => {
      incoming.resume()
      incoming.on('end', () => (incoming.statusCode === 200 ? resolve() : reject(new Error(`${incoming.statusCode}`))))
    })
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify(nextEvent()))
  })
}

/** Does the work so often, side by side; per second. */
async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  let left = count
  const one = async () => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  await Promise.all(Array.from({ length: PUBLISHERS }, one))
  return count / ((performance.now() - begin) / 1000)
}

/**
 * Events per second into the outbox while Slack takes nothing, with few and with many events in it, beside plain writes
 * of the same store: three, one for each channel.
 */
async function intoOutbox(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 2000)
  const rounds = numberOption('rounds', 3)
  const { slack, publish: publishOne } = await startWorld(scope, {})
  slack.fault({ method: 'chat.postMessage', fault: { rateLimited: { retryAfterS: CLOSED_S } } })
  const store = await EmbeddedStore.open({ folder: join(tempFolder(scope), 'plain') })
  scope.teardown(() => store.close())
  let key = 0
  const write = () =>
    Promise.all(
      CHANNELS.map((channel) => {
        key += 1
        return store.set(`${channel}/${key}`, nextEvent())
      }),
    )
  type Run = { readonly outbox: number; readonly plain: number }
  const runs: Run[] = []
  const ratios: Record<string, number> = {}
  // The first one compiles and learns.
  let waiting = 0
  const filled = async (events: number) => {
    if (events > waiting) await rate(events - waiting, publishOne)
    waiting = Math.max(waiting, events)
  }
  await filled(count)
  await rate(count, write)
  for (const backlog of BACKLOGS) {
    await filled(backlog)
    const own: Run[] = []
    const atStart = waiting
    for (let round = 0; round < rounds; round += 1) {
      own.push({ outbox: await rate(count, publishOne), plain: await rate(count, write) })
      waiting += count
    }
    ratios[`ratio with ${atStart} to ${waiting} events waiting`] = rounded(
      median(own.map(({ outbox, plain }) => outbox / plain)),
    )
    runs.push(...own)
  }
  return {
    events: count,
    rounds,
    channels: CHANNELS.length,
    'into the outbox, events per s': rounded(median(runs.map(({ outbox }) => outbox)), 0),
    'plain writes of the store, events per s': rounded(median(runs.map(({ plain }) => plain)), 0),
    ...ratios,
    'outbox ratio to plain writes': rounded(median(runs.map(({ outbox, plain }) => outbox / plain))),
  }
}

/** Messages per second and channel into a Slack that takes one, for so many seconds, and how often it said "too many". */
async function outOfOutbox(scope: TestScope): Promise<Figures> {
  const seconds = numberOption('seconds', 30)
  const { slack, publish: publishOne } = await startWorld(scope, { pacing: { burst: 1, perSecond: 1 } })
  for (let event = 0; event < seconds * 2; event += 1) await publishOne()
  const lastMs = () => Math.min(...CHANNELS.map((channel) => slack.messages(channel).at(-1)?.postedAtMs ?? 0))
  const firstMs = await waitUntil('the first message', () => slack.messages().at(0)?.postedAtMs, { timeoutMs: 20_000 })
  const endMs = firstMs + seconds * 1000
  await waitUntil('the time to be over', () => lastMs() > endMs, {
    timeoutMs: seconds * 3000 + 20_000,
    intervalMs: 200,
  })
  const rates = CHANNELS.map((channel) => {
    const within = slack.messages(channel).filter(({ postedAtMs }) => postedAtMs < endMs)
    return within.length / seconds
  })
  const answers = slack.calls.filter(({ method, atMs }) => method === 'chat.postMessage' && atMs < endMs)
  return {
    seconds,
    'Slack takes, messages per s and channel': 1,
    'delivered in the slowest channel': rounded(Math.min(...rates)),
    'delivered in the median channel': rounded(median(rates)),
    'ratio to what Slack takes': rounded(median(rates)),
    'answered with 429': answers.filter(({ outcome }) => outcome === 'ratelimited').length,
    'of them before Retry-After was over': answers.filter(({ isTooEarly }) => isTooEarly).length,
    'of calls': answers.length,
  }
}

await report(`slack: events into the durable outbox, ${PUBLISHERS} at a time`, () => alone(intoOutbox))
await report('slack: out of the outbox into a Slack that takes one message per second and channel', () =>
  alone(outOfOutbox),
)
