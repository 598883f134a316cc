import { type Json, openStore } from '@powerbus/store'
import { startRedis, tempFolder } from '@powerbus/testkit'
import { WebClient } from '@slack/web-api'
import { type Test, test } from 'tap'
import { listQueue } from '../../src/actions/queue-list.ts'
import { retryParked } from '../../src/actions/retry-parked.ts'
import { METADATA_TYPE } from '../../src/message.ts'
// Made by version 0.1.0 of 2026-11: one posted message with its thread, two machines and a mention that wait after a 429, an
// archived channel, a message that Slack refused, a post without an answer, and an event for a channel without the bot.
import earlier from '../fixtures/outbox.json' with { type: 'json' }
import { shown, slackWorld } from '../slack-world.ts'

const names = ['ops', 'late', 'parked', 'refused', 'hung']
const records: Readonly<Record<string, Json>> = earlier.dump

for (const backend of ['embedded', 'Redis']) {
  test(`an outbox that an earlier version wrote is delivered whole, from the ${backend} store`, async (t) => {
    const world = await slackWorld(t, { channels: [...names, 'nowhere'].map((name) => ({ name })) })
    const { slack } = world
    t.same(Object.fromEntries(names.map((name) => [name, slack.channel(name).id])), earlier.channels)
    const store = await openStore({ folder: tempFolder(t), url: backend === 'Redis' ? (await startRedis(t)).url : '' })
    t.teardown(() => store.close())
    for (const [key, value] of Object.entries(records)) await store.set(key, value)
    await postHung(t, slack)

    const service = await world.join(store, { 'slack/thread-by': 'machine' })
    const { deliverer } = service
    if (!deliverer) throw new Error('nothing is delivered')
    const inChannel = (name: string) => slack.messages(name).map(shown).join('\n')
    await world.waitUntil(
      'what waited',
      () => inChannel('late').includes('called-1') && slack.messages('late').length === 3,
    )
    t.match(inChannel('late'), /late-1.*late-2.*<!here>.*called-1/s)
    await world.waitUntil('the channel that is not archived any more', () => inChannel('parked').includes('parked-1'))
    await world.waitUntil('the channel that the bot is in now', () => inChannel('nowhere').includes('unknown-1'))
    const queue = async () => (await listQueue(deliverer)).Channels
    await world.waitUntil('only the refused message in the queue', async () => (await queue()).length === 1)
    t.match(await queue(), [{ Name: 'refused', Messages: [{ State: 'parked', Reason: 'invalid_blocks', Events: 1 }] }])
    t.same(await retryParked(deliverer, undefined), { Messages: 1, Channels: 0 })
    await world.waitUntil('the refused message', () => inChannel('refused').includes('refused-1'))
    t.equal(slack.messages('hung').length, 1, 'a post that had arrived is found, and not repeated')
    t.equal(slack.messages('ops').length, 0, 'a posted message is not posted again')
    await world.waitUntil('an empty queue', async () => (await queue()).length === 0)
  })
}

/** The message whose answer the earlier version never read. */
async function postHung(t: Test, slack: Awaited<ReturnType<typeof slackWorld>>['slack']): Promise<void> {
  const channel = slack.channel('hung').id
  const id = Object.keys(records).flatMap((key) => key.split(`lane/{${channel}}/m/`)[1] ?? [])[0]
  t.type(id, 'string')
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl })
  const metadata = { event_type: METADATA_TYPE, event_payload: { id: id ?? '' } }
  await client.chat.postMessage({ channel, text: 'hung-1', metadata })
}
