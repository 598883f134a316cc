import { test } from 'tap'
import { defineParam, type ParamSchema, PowerbusError, readParamValues, required, Secret } from '../src/index.ts'

function param(schema: ParamSchema) {
  return defineParam({ name: 'demo/value', description: 'A value', schema })
}

function read(schema: ParamSchema, value: unknown): unknown {
  try {
    return Object(readParamValues([param(schema)], { 'demo/value': value }))['demo/value']
  } catch (error) {
    if (!(error instanceof PowerbusError)) throw error
    return error.code
  }
}

const refused = 'PARAM_INVALID'

test('an integer may be a number, have a zero fraction, or be text', async (t) => {
  const port: ParamSchema = { type: 'integer', minimum: 0, maximum: 65535 }
  for (const value of [15, JSON.parse('15.0'), '15', '15.0', '+15', '015'])
    t.equal(read(port, value), 15, String(value))
  for (const value of [15.5, '15.5', '', ' 15', '0xf', '1e1', 'x', true, [15], {}, Number.NaN, -1, 65536, '65536']) {
    t.equal(read(port, value), refused, JSON.stringify(value))
  }
  t.equal(read({ type: 'integer' }, '9007199254740993'), refused, 'not exact in a double')
})

test('a boolean may be true, false or the word', async (t) => {
  t.equal(read({ type: 'boolean' }, true), true)
  t.equal(read({ type: 'boolean' }, 'true'), true)
  t.equal(read({ type: 'boolean' }, 'False'), false)
  for (const value of [0, 1, 'yes', '', [], {}]) t.equal(read({ type: 'boolean' }, value), refused)
})

test('a number may have a fraction, and may be text', async (t) => {
  t.equal(read({ type: 'number', maximum: 2 }, '1.5'), 1.5)
  for (const value of ['', '.', 'Infinity', '3', true]) t.equal(read({ type: 'number', maximum: 2 }, value), refused)
})

test('only a string is a string, and length, pattern and enum are checked', async (t) => {
  t.equal(read({ type: 'string' }, ''), '')
  for (const value of [15, true, ['a'], {}]) t.equal(read({ type: 'string' }, value), refused)
  t.equal(read({ type: 'string', maxLength: 1 }, '😀'), '😀')
  t.equal(read({ type: 'string', maxLength: 1 }, 'ab'), refused)
  t.equal(read({ type: 'string', minLength: 1 }, ''), refused)
  t.equal(read({ type: 'string', pattern: '^a+$' }, 'aa'), 'aa')
  t.equal(read({ type: 'string', pattern: '^a+$' }, 'ab'), refused)
  t.equal(read({ type: 'string', enum: ['on', 'off'] }, 'off'), 'off')
  t.equal(read({ type: 'string', enum: ['on', 'off'] }, 'Off'), refused)
})

test('members of arrays and objects are checked at all depths', async (t) => {
  t.strictSame(read({ type: 'array', items: { type: 'integer' } }, [1, '2']), [1, 2])
  t.equal(read({ type: 'array', items: { type: 'integer' } }, [1, 'b']), refused)
  t.equal(read({ type: 'array' }, 'a,b'), refused)
  const route: ParamSchema = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
  t.strictSame(read(route, { n: '1' }), { n: 1 })
  t.equal(read(route, { m: 1 }), refused)
  t.equal(read(route, []), refused)
  t.equal(read({ type: 'object', additionalProperties: { type: 'string' } }, { a: 1 }), refused)
})

test('a refusal names the param, the value and the expectation', async (t) => {
  const list = [param({ type: 'array', items: { type: 'integer', maximum: 9 } })]
  t.throws(() => readParamValues(list, { 'demo/value': [1, 12] }), {
    code: 'PARAM_INVALID',
    status: 400,
    message: /demo\/value\[1\].*12.*9/,
  })
})

test('a missing required param is refused by name, even if it has a default', async (t) => {
  const mode = defineParam({ name: 'demo/mode', description: 'Mode', schema: { type: 'string', default: 'a' } })
  t.throws(() => readParamValues([required(mode)], {}), { code: 'PARAM_MISSING', message: /demo\/mode/ })
  t.equal(readParamValues([mode], {})['demo/mode'], 'a')
  t.throws(() => readParamValues([mode], { 'demo/mode': null }), { code: 'PARAM_INVALID' })
})

test('null and absent are two things: null asks for no value, absent for the default', async (t) => {
  const text = param({ type: 'string' })
  const mode = defineParam({ name: 'demo/mode', description: 'Mode', schema: { type: 'string', default: 'a' } })
  t.strictSame(readParamValues([text, mode], {}), { 'demo/mode': 'a' })
  t.strictSame(readParamValues([text], { 'demo/value': null }), {}, 'without a default it may be left out')
  const refusedNull = { code: 'PARAM_INVALID', message: /got null/ }
  t.throws(() => readParamValues([mode], { 'demo/mode': null }), refusedNull, 'null is not the default')
  t.throws(() => readParamValues([required(text)], { 'demo/value': null }), refusedNull)
})

test('params outside the list are ignored, and inherited names are not values', async (t) => {
  t.strictSame(readParamValues([], { other: 1 }), {})
  const named = defineParam({
    name: 'constructor',
    description: 'A name of Object.prototype',
    schema: { type: 'object' },
  })
  t.strictSame(readParamValues([named], {}), {})
})

test('a secure value is a Secret, and no refusal shows it', async (t) => {
  const password = defineParam({
    name: 'demo/password',
    description: 'P',
    secure: true,
    schema: { type: 'string', maxLength: 8 },
  })
  const values = readParamValues([required(password)], { 'demo/password': 'hunter2' })
  t.ok(values['demo/password'] instanceof Secret)
  t.equal(values['demo/password'].reveal(), 'hunter2')
  t.notMatch(JSON.stringify(values), /hunter2/)
  for (const wrong of ['hunter2hunter2', ['hunter2'], { a: 'hunter2' }]) {
    const error = t.throws(() => readParamValues([password], { 'demo/password': wrong }), { code: 'PARAM_INVALID' })
    t.notMatch(String(error), /hunter2/)
  }
  const sealed = { Key: 'a', Nonce: 'b', Payload: 'c' }
  t.throws(() => readParamValues([password], { 'demo/password': sealed }), { message: /encrypted/ })
})
