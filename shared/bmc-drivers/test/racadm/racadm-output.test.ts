import { test } from 'tap'
import { commandCode, commandCodeText, isPassingCode } from '../../src/racadm/command-code.ts'
import {
  checkedOutput,
  decoded,
  keyValues,
  outputText,
  powerStateIn,
  saysNotReady,
} from '../../src/racadm/racadm-output.ts'
import { RemoteError } from '../../src/remote-error.ts'

/** The kind of refusal that the output is; undefined where it is none. */
function refusalIn(output: string): string | undefined {
  try {
    checkedOutput(outputText(output), 'serveraction powerup')
    return undefined
  } catch (error) {
    return error instanceof RemoteError ? error.kind : 'another error'
  }
}

test('recorded answers are successes, or refusals of the kind that their text says', async (t) => {
  const rows: readonly (readonly [output: string, kind: string | undefined])[] = [
    ['Server power operation successful\r\n', undefined],
    ['Server power operation initiated successfully\r\n', undefined],
    ['', undefined],
    ['[Key=iDRAC.Embedded.1#ServerBoot.1]\nObject value modified successfully', undefined],
    ['Object value modified successfully\nRAC1169: The RACADM "config" command will be deprecated.', undefined],
    ['Server is already powered ON.', undefined],
    ['ERROR: Server is already powered OFF.', undefined],
    ['ERROR: Unable to connect to RAC at specified IP address.', 'unreachable'],
    ['ERROR: Unable to perform requested operation.\nInvalid username or password', 'credentials'],
    ['ERROR: Login failed - invalid username or password', 'credentials'],
    ['ERROR: Unable to login to RAC using the specified address', 'credentials'],
    ['ERROR: RAC0218: The maximum number of user sessions is reached.', 'busy'],
    ['ERROR: RAC0905: The operation is in progress.', 'busy'],
    ['ERROR: The RAC is not ready. Retry the operation later.', 'busy'],
    ['ERROR: Invalid subcommand specified.', 'missing'],
    ['ERROR: RAC1021: insufficient privileges to perform this operation', 'privilege'],
    ['some text first\n  ERROR: RAC943: Invalid object value specified.', 'refused'],
    ['Security Alert: Certificate is invalid - self signed certificate\r\nERROR: no such thing', 'refused'],
  ]
  for (const [output, kind] of rows) t.equal(refusalIn(output), kind, output)
})

test('certificate warnings, carriage returns and blank lines around the output are dropped', async (t) => {
  const output =
    'Security Alert: Certificate is invalid - self signed certificate\r\n' +
    'Continuing execution. Use -S option for racadm to stop execution on certificate-related errors.\r\n\r\n' +
    'Server power status: ON\r\n\r\n'
  t.equal(outputText(output), 'Server power status: ON')
})

test('bytes are UTF-8, or Latin-1 where they are none, and a long line is cut', async (t) => {
  t.equal(decoded(Buffer.from('Größe')), 'Größe')
  t.equal(decoded(Buffer.from('Größe', 'latin1')), 'Größe')
  t.equal(outputText('x'.repeat(1024 * 1024 + 10)).length, 1024 * 1024)
})

test('the power status is read in any case, line and phase', async (t) => {
  const rows = [
    ['Server power status: ON', 'on'],
    ['server power status:  Off', 'off'],
    ['noise\nServer power status: Powering ON', 'powering-on'],
    ['Server power status: POWERING OFF', 'powering-off'],
    ['Power status: whatever\nServer power status: ON', 'on'],
  ] as const
  for (const [output, state] of rows) t.equal(powerStateIn(output), state, output)
  for (const output of ['', 'Server power status:', 'Server power status: maybe'])
    t.throws(() => powerStateIn(output), RemoteError, output)
})

test('keys are read in lower case, with and without a number sign, the first one of a name', async (t) => {
  const values = keyValues(
    '[Key=iDRAC.Embedded.1#ServerBoot.1]\nBootOnce=Enabled\n#FirstBootDevice = PXE\nBootOnce=Disabled\nEmpty=',
  )
  t.same(Object.fromEntries(values), { bootonce: 'Enabled', firstbootdevice: 'PXE', empty: '' })
})

test('every code of CMDRC has its meaning, and only not ready and busy pass', async (t) => {
  for (const code of [...Array(0x10).keys(), 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19]) {
    t.notMatch(commandCodeText(code), /unknown/)
    t.equal(isPassingCode(code), code === 0x16 || code === 0x17 || code === 0x19)
  }
  t.equal(commandCodeText(0x16), '16h (RAC not ready)')
  t.equal(commandCodeText(0x77), '77h (unknown code)')
})

test('CMDRC is hexadecimal, with and without 0x', async (t) => {
  t.equal(commandCode('0x16'), 0x16)
  t.equal(commandCode('0XA'), 10)
  t.equal(commandCode('19'), 0x19)
  for (const text of [undefined, '', 'ok', '-1', '0x']) t.equal(commandCode(text), undefined, `${text}`)
})

test('a failure without a code says "not now" by its text', async (t) => {
  t.ok(saysNotReady('ERROR: The RAC is not ready.'))
  t.ok(saysNotReady('the resource is BUSY'))
  t.notOk(saysNotReady('ERROR: Invalid object value specified.'))
})
