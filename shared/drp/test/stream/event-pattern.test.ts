import { test } from 'tap'
import { DecodeError, eventPatternText, matchesEvent, parseEventPattern } from '../../src/index.ts'

const event = (Type: string, Action: string, Key: string) => ({ Type, Action, Key })

test('a pattern has three parts, each a star or a list', async (t) => {
  t.same(parseEventPattern('*.*.*'), {})
  t.same(parseEventPattern('machines.create,delete.*'), { Type: ['machines'], Action: ['create', 'delete'] })
  t.same(parseEventPattern('*.a,*.k'), { Key: ['k'] }, 'a star in a list matches any value')
  t.same(parseEventPattern('files.save.a.b.c'), { Type: ['files'], Action: ['save'], Key: ['a.b.c'] })
})

test('escapes express dots, commas and stars in values, in both directions', async (t) => {
  t.same(parseEventPattern('a.b.x\\1y,p\\2q,s\\3'), { Type: ['a'], Action: ['b'], Key: ['x.y', 'p,q', 's*'] })
  for (const pattern of [{}, { Key: ['x.y', 'p,q', 's*', '**', 'back\\slash'] }, { Type: ['a.b'], Action: ['*'] }]) {
    t.same(parseEventPattern(eventPatternText(pattern)), pattern)
  }
  t.throws(() => eventPatternText({ Key: ['literal\\1'] }), RangeError)
  t.throws(() => eventPatternText({ Key: [''] }), RangeError)
})

test('a malformed pattern is refused', async (t) => {
  for (const text of ['', '*', '*.*', 'a..c', 'a.b.', '.b.c', 'a.b,.c', `a.b.${'x'.repeat(5000)}`]) {
    t.throws(() => parseEventPattern(text), DecodeError, text.slice(0, 20))
  }
})

test('an event matches if every part matches', async (t) => {
  const pattern = parseEventPattern('machines.create,delete.*')
  t.ok(matchesEvent(pattern, event('machines', 'delete', 'u1')))
  t.notOk(matchesEvent(pattern, event('machines', 'save', 'u1')))
  t.notOk(matchesEvent(pattern, event('profiles', 'create', 'u1')))
  t.ok(matchesEvent({}, event('', '', '')))
  t.notOk(matchesEvent(parseEventPattern('*.*.a\\3'), event('x', 'y', 'ab')), 'an escaped star is not a wildcard')
})
