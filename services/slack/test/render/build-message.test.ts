import type { PluginEvent } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { eventFacts } from '../../src/events/event-facts.ts'
import { buildMessage } from '../../src/render/build-message.ts'
import { gather, nothingGathered } from '../../src/render/gather-events.ts'
import { codeSpan, cutText, durationText, escapeText, timeToken } from '../../src/render/mrkdwn.ts'
import { Templates } from '../../src/render/templates.ts'
import { actionEvent, failedEvent } from '../slack-world.ts'

const templates = new Templates({})

function rendered(event: PluginEvent, by = templates, template?: string) {
  const facts = eventFacts(event, 0)
  return by.render({ event, facts, severity: facts.severity, template })
}

function messageOf(events: readonly PluginEvent[], isDigest = false) {
  return buildMessage(
    gather(
      nothingGathered,
      events.map((event) => rendered(event)),
    ),
    { isDigest, mention: '<!here>' },
  )
}

const hostile = `<!channel> & <@U1> \`*_~ <https://x.example|y> \u202e${'&'.repeat(400)}`

test('a message with hostile text keeps the limits of Block Kit and of chat.update', async (t) => {
  for (const count of [1, 2, 30, 300]) {
    for (const isDigest of [false, true]) {
      const events = Array.from({ length: count }, (_, index) =>
        failedEvent(`${hostile} ${index}`, 'TARGET_TIMEOUT', `${index} ${'<"\\\n'.repeat(500)}`),
      )
      const { text, blocks } = messageOf(events, isDigest)
      t.ok(text.length > 0 && text.length <= 4000)
      t.ok(blocks.length > 0 && blocks.length <= 50)
      t.ok(JSON.stringify(blocks).length <= 13_000)
      for (const block of blocks) {
        const shown = JSON.stringify(block)
        t.notMatch(shown, /<!channel>|<@U1>|<https:/)
        const length =
          typeof block.text === 'object' && block.text && 'text' in block.text ? String(block.text.text).length : 0
        t.ok(length <= 3000)
      }
      t.notMatch(text, /<!channel>|<@U1>|<https:/)
      t.match(text, /^<!here> /)
    }
  }
})

test('a message shows the newest events, and counts those that do not fit', async (t) => {
  const events = Array.from({ length: 500 }, (_, index) => actionEvent('node-01', {}, `step${index}`))
  const { text, blocks } = messageOf(events)
  const all = JSON.stringify(blocks)
  t.match(all, /500 events/)
  t.match(all, /step499/)
  t.match(text, /step499/)
  const shown = [...all.matchAll(/\*step\d+\*/g)].length
  t.match(all, new RegExp(`and ${500 - shown} before`))
  t.ok(shown > 40, `${shown} are shown`)
})

test('equal events in a row become one line with a count', async (t) => {
  const { blocks } = messageOf(Array.from({ length: 40 }, () => actionEvent('node-01')))
  t.match(JSON.stringify(blocks), /×40/)
})

test('cutText marks the cut, and splits no entity, token or surrogate pair', async (t) => {
  t.equal(cutText('abcdef', 6), 'abcdef')
  t.equal(cutText('abcdefg', 6), 'abcde…')
  t.equal(cutText('abc&amp;def', 6), 'abc…')
  t.equal(cutText('ab<!here> and more', 6), 'ab…')
  t.equal(cutText('abcd😀efg', 6), 'abcd…')
})

test('escaped text makes no mention and no link, and ends no code span', async (t) => {
  t.equal(escapeText('<!channel> & co\n\u202e'), '&lt;!channel&gt; &amp; co ')
  t.equal(codeSpan('a`b <x>'), '`aˋb &lt;x&gt;`')
  t.equal(codeSpan('\n'), '')
})

test('durations and times', async (t) => {
  for (const [ms, text] of [
    [350, '350 ms'],
    [4200, '4.2 s'],
    [59_990, '1 min'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    ['x', ''],
    [-1, ''],
  ] as const) {
    t.equal(durationText(ms), text)
  }
  t.equal(timeToken('2026-01-02T03:04:05Z'), '<!date^1767323045^{time_secs}|2026-01-02 03:04:05 UTC>')
  t.equal(timeToken('never'), '')
  t.equal(timeToken(0, '{time}|<!here>'), '<!date^0^{time}!here|1970-01-01 00:00:00 UTC>')
})

test('a machine is linked if slack/machine-url is set', async (t) => {
  const lineBy = (machineUrl: string | undefined, name: string) =>
    rendered(actionEvent(name), new Templates({}, machineUrl)).line
  t.match(lineBy('https://x.example/m/{uuid}?n={name}', 'n>1'), '<https://x.example/m/uuid-of-n%3E1?n=n%3E1|n&gt;1>')
  t.match(lineBy('https://x.example/m/{uuid}', 'n 1'), '<https://x.example/m/uuid-of-n%201|n 1>')
  t.match(lineBy(undefined, 'n1'), /^\*poweron\* of `n1` done/)
  t.match(lineBy('https://x.example/a|b>c&d', 'a|b>'), '<https://x.example/a%7Cb%3Ec&amp;d|a¦b&gt;>')
})
