import fc from 'fast-check'
import { test } from 'tap'
import { coverOf, matches } from '../src/event-pattern.ts'
import { escapePart, partsOf, patternOf, subjectOf, unescapePart } from '../src/subject.ts'

test('every text is one token that a subject can hold, different texts are different tokens, and it comes back', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (part, other) => {
      const token = escapePart(part)
      return (
        /^[A-Za-z0-9_%-]+$/.test(token) &&
        unescapePart(token) === part &&
        (part === other) === (token === escapePart(other))
      )
    }),
  )
  t.pass()
})

test('what a subject cannot hold is escaped by its bytes', async (t) => {
  t.equal(escapePart('machines'), 'machines')
  t.equal(escapePart('ipmi/a.b *>%'), 'ipmi%2Fa%2Eb%20%2A%3E%25')
  t.equal(escapePart('ä\n'), '%C3%A4%0A')
  t.equal(escapePart(''), '%_')
  t.same(partsOf(subjectOf('event', 'a.b', '', '%_')), ['event', 'a.b', '', '%_'])
  t.equal(patternOf('event', '*', 'a*'), 'powerbus.v1.event.*.a%2A')
})

test('what no text becomes is refused', async (t) => {
  for (const token of ['', '*', '>', 'a b', 'ä', '%', '%2', '%2f', '%zz', 'a%_']) {
    t.throws(() => unescapePart(token), { code: 'INPUT' }, token)
  }
})

test('a part that is too long is refused', async (t) => {
  t.throws(() => subjectOf('event', 'ä'.repeat(129)), { code: 'INPUT' })
  t.ok(subjectOf('event', 'ä'.repeat(128)))
})

test('the cover of patterns takes whatever one of them takes', async (t) => {
  const part = fc.constantFrom('*', 'a', 'b')
  const pattern = fc.record({ Type: part, Action: part, Key: part })
  const subject = fc.record({
    Type: fc.constantFrom('a', 'b'),
    Action: fc.constantFrom('a', 'b'),
    Key: fc.constant('c'),
  })
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 4 }), subject, (patterns, event) => {
      return !matches(patterns, event) || matches([coverOf(patterns)], event)
    }),
  )
  t.throws(() => coverOf([]), { code: 'INPUT' })
})
