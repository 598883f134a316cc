import { test } from 'tap'
import { messagesOf, propertyMessages } from '../../src/index.ts'
import { call, connected, SYSTEM, target } from '../fixture/connected.ts'
import { extended, ScriptedBmc } from '../fixture/scripted-bmc.ts'

const texts = (body: object) => messagesOf(body as never).map(({ text }) => text)

test("a sentence is the BMC's own, else ours with its arguments, else the words of the key", async (t) => {
  t.same(texts(extended('PropertyUnknown', ['Boot'], 'Boot is not known here.')), ['Boot is not known here.'])
  t.same(texts(extended('PropertyUnknown', ['Boot'])), ['The BMC does not know the property Boot.'])
  t.same(texts(extended('PropertyUnknown')), ['The BMC does not know the property it.'])
  t.same(texts(extended('LicenseKeyDiscarded')), ['License key discarded.'])
})

test('messages are read where BMCs put them', async (t) => {
  const entry = { MessageId: 'Base.1.8.Success', Message: 'Fine.' }
  const rows: [string, object, string[]][] = [
    ['in the error', { error: { '@Message.ExtendedInfo': [entry, entry] } }, ['Fine.', 'Fine.']],
    ['in the resource', { '@Message.ExtendedInfo': [entry] }, ['Fine.']],
    ['one that is no list', { error: { '@Message.ExtendedInfo': entry } }, ['Fine.']],
    ['in the error itself', { error: { code: 'Base.1.8.GeneralError', message: 'Bad.' } }, ['Bad.']],
    ['in an error of text', { error: 'bad' }, []],
    ['in a list of nulls', { error: { '@Message.ExtendedInfo': [null, 7, 'x', entry] } }, ['Fine.']],
    ['nowhere', { Id: '1' }, []],
  ]
  for (const [name, body, expected] of rows) t.same(texts(body), expected, name)
})

test('key, severity and properties are read in the old and the new form', async (t) => {
  const old = {
    MessageId: 'ExtendedInfo.1.0.PropertyNotWritable',
    Severity: 'Warning',
    RelatedProperties: ['#/Boot/BootSourceOverrideMode'],
  }
  t.match(
    messagesOf({
      '@Message.ExtendedInfo': [
        old,
        { MessageId: 'Base.1.18.X', MessageSeverity: 'Critical', MessageArgs: [1, true, null, {}] },
      ],
    } as never),
    [
      { key: 'PropertyNotWritable', severity: 'Warning', properties: ['BootSourceOverrideMode'] },
      { key: 'X', severity: 'Critical', args: ['1', 'true', '', ''] },
    ],
  )
})

test('a text is one short line, whatever the BMC sends', async (t) => {
  const [text] = texts(extended('X', [], `a\r\nb\u2028c\u0000\u001b[31m${'x'.repeat(5000)}`))
  t.equal(text?.length, 300)
  t.match(text, /^a b c \[31mx/)
  const many = { error: { '@Message.ExtendedInfo': Array.from({ length: 5000 }, () => ({ MessageId: 'A.1.B' })) } }
  t.equal(messagesOf(many as never).length, 50)
})

test('properties that a successful PATCH left out are found at any depth', async (t) => {
  const info = [{ MessageId: 'Base.1.8.PropertyNotWritable', MessageArgs: ['Mode'] }]
  const body = { Id: '1', Boot: { 'Mode@Message.ExtendedInfo': info, Inner: { 'Deep@Message.ExtendedInfo': info } } }
  t.match(propertyMessages(body as never), [
    { property: 'Mode', message: { key: 'PropertyNotWritable' } },
    { property: 'Deep', message: { key: 'PropertyNotWritable' } },
  ])
  t.same(propertyMessages({ '@Message.ExtendedInfo': info } as never), [], 'the resource is no property')
})

test('a PATCH that was accepted in part says which properties were refused', async (t) => {
  const body = {
    Id: '1',
    'AssetTag@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.Success' }],
    Boot: { 'BootSourceOverrideMode@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.PropertyNotWritable' }] },
    '@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.ResetRequired' }],
  }
  const { connection, run } = connected(t, new ScriptedBmc().withSessions().on('PATCH', SYSTEM, { body }))
  const answer = await run(connection.patch(SYSTEM, {}, call()))
  t.match(answer, {
    status: 200,
    messages: [{ key: 'ResetRequired' }],
    refused: [{ property: 'BootSourceOverrideMode' }],
  })
  t.equal(answer.refused.length, 1)
})

test('the error has up to three sentences and no dump of the body', async (t) => {
  const entries = ['Success', 'A', 'B', 'B', 'C', 'D'].map((key) => ({
    MessageId: `Base.1.0.${key}`,
    Message: `Said ${key}.`,
  }))
  const body = { error: { message: 'dump me', '@Message.ExtendedInfo': entries }, more: 'x'.repeat(1000) }
  const { connection, failure } = connected(
    t,
    new ScriptedBmc().withSessions().on('PATCH', SYSTEM, { status: 400, body }),
  )
  const { message } = await failure(connection.patch(SYSTEM, {}, call()))
  t.equal(message, `192.0.2.7:443: PATCH ${SYSTEM} was refused (400): Said A. Said B. Said C.`)
})

test('secrets that a BMC echoes are hidden', async (t) => {
  const echo = extended(
    'PropertyValueFormatError',
    ['new-Secret1', 'Password'],
    'The value new-Secret1 (was hunter2!, token-1) is bad.',
  )
  const bmc = new ScriptedBmc().withSessions().on('GET', SYSTEM, { body: {} })
  bmc.on('PATCH', SYSTEM, { status: 400, body: echo }).on('POST', SYSTEM, { body: echo })
  const { connection, failure, run } = connected(t, bmc)
  await run(connection.get(SYSTEM, call()))
  const error = await failure(connection.patch(SYSTEM, { Password: 'new-Secret1' }, call()))
  const accepted = await run(connection.post(SYSTEM, { Oem: { SharedSecret: 'new-Secret1' } }, call()))
  for (const text of [JSON.stringify(error), error.message, String(error.stack), JSON.stringify(accepted.messages)]) {
    t.notMatch(text, /new-Secret1|hunter2|token-1/)
    t.match(text, /\[secret\]/)
  }
  t.equal(target.password, 'hunter2!')
})

test('credentials in an image address are hidden', async (t) => {
  const body = extended('CouldNotEstablishConnection', ['https://u:pw@files.test/a.iso'])
  const { connection, failure } = connected(
    t,
    new ScriptedBmc().withSessions().on('POST', SYSTEM, { status: 400, body }),
  )
  const error = await failure(
    connection.post(SYSTEM, { Image: 'https://u:pw@files.test/a.iso' }, { ...call(), retryBusy: false }),
  )
  t.match(error.message, /could not connect to https:\/\/\[secret\]@files\.test\/a\.iso/)
})
