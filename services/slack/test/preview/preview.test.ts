import { test } from 'tap'
import { previewApi } from '../../src/preview/preview-api.ts'
import type { Preview } from '../../src/preview/preview-messages.ts'
import { burst, hostileEvent, sampleEvents } from './sample-events.ts'

function preview(events: unknown, params: object = {}): Preview {
  const body = Buffer.from(JSON.stringify({ events, params }))
  return previewApi({ method: 'POST', body }).body as Preview
}

test('without params each event of the defaults goes to every channel that the bot is in', async (t) => {
  const { messages, untold } = preview(Object.values(sampleEvents), { 'slack/window-seconds': 0 })
  t.same(
    messages.map(({ channel, events }) => [channel, events.length]),
    messages.map(() => [null, 1]),
  )
  t.same([messages.length, untold], [6, 2], 'starts of actions and changes of profiles are not told')
})

test('events of one machine within the window make one message per channel', async (t) => {
  const { messages } = preview(burst, { 'slack/channels': ['ops', 'noc'] })
  t.same(
    messages.map(({ channel, events }) => [channel, events.length]),
    [
      ['ops', 3],
      ['noc', 3],
    ],
  )
  t.match(messages[0]?.text, /node-07.*3 events, 1 failed/)
  t.equal(preview(burst, { 'slack/window-seconds': 0 }).messages.length, 3)
})

test('routes, templates, mentions and quiet hours are applied', async (t) => {
  const routes = [
    { match: { failed: true }, channel: 'alerts', mention: '@here', template: 'mine' },
    { match: { event: 'machines.create.*' }, channel: 'new', 'quiet-hours': { from: '00:00', to: '23:59' } },
    { match: {}, mute: true },
  ]
  const templates = { mine: 'Look at {{ subject }}!' }
  const { messages, untold } = preview(Object.values(sampleEvents).slice(0, 4), {
    'slack/routes': routes,
    'slack/templates': templates,
  })
  t.equal(untold, 2)
  t.match(messages[0], { channel: 'alerts', text: /<!here>.*Look at node-07!/ })
  t.match(messages[1], { channel: 'new', heldUntil: '2026-11-20T23:59:00.000Z' })
})

test('a failure with a mention is a message of its own in a preview too', async (t) => {
  const { 'action-done': done, 'action-failed': failed } = sampleEvents
  const routes = [{ match: { event: '*.*.*' }, channel: 'alerts', mention: '@here' }]
  const { messages } = preview([done, failed, failed, done], { 'slack/routes': routes })
  t.same(
    messages.map(({ events }) => events.length),
    [1, 3],
  )
})

test('buttons are shown if somebody may press them', async (t) => {
  const types = (params: object) =>
    preview([sampleEvents['action-failed']], params).messages[0]?.blocks.map(({ type }) => type)
  t.notOk(types({})?.includes('actions'))
  t.ok(types({ 'slack/allow-users': ['U1'] })?.includes('actions'))
})

test('text of events makes no mention and no link', async (t) => {
  const { messages } = preview([hostileEvent])
  const text = JSON.stringify(messages)
  t.match(text, /&lt;!here&gt; &amp; co/)
  t.notMatch(text, /<!(?!date)|<@|<https:\/\/example/)
})

test('keys, unknown params, wrong values and malformed requests are refused', async (t) => {
  const refused = (code: string, params: object, events: unknown = []) =>
    t.throws(() => preview(events, params), { code }, JSON.stringify(params))
  refused('PARAM_INVALID', { 'slack/bot-key': 'xoxb-1' })
  refused('PARAM_INVALID', { 'slack/nonsense': 1 })
  refused('PARAM_INVALID', { 'slack/window-seconds': 'x' })
  refused('PARAM_INVALID', { 'slack/templates': { mine: '{{ subject | nonsense' } })
  refused('REQUEST_INVALID', {}, 'x')
  const tooMany = Array.from({ length: 1001 }, () => sampleEvents.generic)
  refused('REQUEST_INVALID', {}, tooMany)
  t.throws(() => preview([{ Type: 5 }]))
  t.throws(() => previewApi({ method: 'POST', body: Buffer.from('{') }), { code: 'REQUEST_INVALID' })
  t.equal(previewApi({ method: 'GET', body: Buffer.alloc(0) }).status, 405)
})
