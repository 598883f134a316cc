import { test } from 'tap'
import { cutPlain } from '../src/cut-plain.ts'
import { eventFacts } from '../src/events/event-facts.ts'
import { cutText } from '../src/render/mrkdwn.ts'
import { Templates } from '../src/render/templates.ts'
import { actionEvent, failedEvent } from './slack-world.ts'

const characters = ['👩‍👩‍👧‍👦', '👍🏽', '🇩🇪', 'é'.normalize('NFD'), 'ที่', '한', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '❤️', '\u{1f600}', 'a']
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const splitOf = (text: string) => [...segmenter.segment(text)].map(({ segment }) => segment)

test('a text is cut between characters, never inside one', async (t) => {
  for (const character of characters) {
    const text = character.repeat(40)
    for (let max = 1; max < text.length; max += 1) {
      for (const cut of [cutPlain(text, max), cutText(text, max)]) {
        t.ok(cut.length <= max && cut.endsWith('…'), `${character} ${max}`)
        t.same(
          splitOf(cut.slice(0, -1)).filter((found) => found !== character),
          [],
          `${character} ${max}`,
        )
      }
    }
  }
})

test('mrkdwn is cut inside no escape, mention, link, time or channel, also where a mark joins them', async (t) => {
  const tokens = [
    ...['&amp;', '&lt;', '&gt;', '<@U012AB3CD>', '<#C012AB3CD|ops>', '<!subteam^S012AB>', '<!here>'],
    ...['<https://a.example/?a=1&amp;b=2|a label &gt; b>', '<!date^1795167000^{time_secs}|2026-11-20 09:30:00 UTC>'],
    ...['&amp;\u0301', '<@U012AB3CD>\u0301'],
  ]
  for (const token of tokens) {
    const text = `ab ${token}${token} 👍🏽${token}`
    for (let max = 1; max < text.length; max += 1) {
      const kept = cutText(text, max).slice(0, -1)
      const rest = kept.replaceAll(token, '').replaceAll(token.replace('\u0301', ''), '')
      t.notMatch(rest, /[<&;]/, `${token} ${max}: ${kept}`)
    }
  }
})

test('names, error texts and the filter truncate are cut between characters', async (t) => {
  const family = '👩‍👩‍👧‍👦'
  const named = eventFacts(actionEvent(family.repeat(100)), 0)
  const failed = failedEvent('node-01', 'INTERNAL', `x${family.repeat(200)}`)
  const { line } = new Templates({}).render({ event: failed, facts: eventFacts(failed, 0), severity: 'error' })
  for (const text of [named.subject, eventFacts(failed, 0).error?.message ?? '', line]) {
    t.same(
      splitOf(text).filter((found) => /\u200d/.test(found) && found !== family),
      [],
    )
    t.ok(text.includes(family))
  }
})
