import { test } from 'tap'
import { UsageError } from '../src/cli-error.ts'
import { parseParamArguments } from '../src/param-arguments.ts'

test('values that look like JSON are parsed, and others are text', (t) => {
  const texts = ['a=1', 'b=true', 'c=uefi', 'd={"x":[1]}', 'e=', 'f=10.0.0.1', 'g=a=b', 'h="7"', 'i=-2.5']
  const expected = { a: 1, b: true, c: 'uefi', d: { x: [1] }, e: '', f: '10.0.0.1', g: 'a=b', h: '7', i: -2.5 }
  t.same(parseParamArguments(texts), expected)
  t.end()
})

test('a malformed, repeated or secret param is refused', (t) => {
  for (const texts of [['a'], ['=1'], ['a=1', 'a=2'], ['ipmi/password=x'], ['ipmi/kg=x']]) {
    t.throws(() => parseParamArguments(texts), UsageError, texts.join(' '))
  }
  t.end()
})
