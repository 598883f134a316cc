import { test } from 'tap'
import {
  getChannelAccess,
  getChannelInfo,
  getLanConfigurationParameters,
  LanParameter,
  setChannelAccess,
  setLanConfigurationParameters,
  setSessionPrivilegeLevel,
} from '../../src/commands/index.ts'
import { CompletionCode } from '../../src/spec/completion-code.ts'
import { PayloadType } from '../../src/spec/payload-type.ts'
import { presencePing } from '../../src/wire/asf.ts'
import { plainPacket } from '../../src/wire/plain-packet.ts'
import { bench, exchange, RawSession } from './raw-console.ts'

function administrator() {
  const { bmc } = bench({ guid: '00112233-4455-6677-8899-aabbccddeeff' })
  const session = new RawSession(bmc)
  session.send(setSessionPrivilegeLevel, { level: 4 })
  return { bmc, session }
}

const [stored, present] = [1, 2]
const change = (changes: object) => ({
  channel: 1,
  accessMode: 2,
  userLevelAuthenticationDisabled: false,
  perMessageAuthenticationDisabled: false,
  alertingDisabled: false,
  setAccess: 0,
  privilegeLimit: 4,
  setPrivilegeLimit: 0,
  ...changes,
})

test('stored and present channel settings are two, and the stored ones are present after a restart', async (t) => {
  const { bmc, session } = administrator()
  const read = (source: number) => session.send(getChannelAccess, { channel: 14, source })
  t.match(read(stored), { accessMode: 2, alertingDisabled: true, privilegeLimit: 4 })
  t.same(
    session.send(setChannelAccess, change({ setAccess: stored, setPrivilegeLimit: stored, privilegeLimit: 3 })),
    {},
  )
  t.match(read(stored), { alertingDisabled: false, privilegeLimit: 3 })
  t.match(read(present), { alertingDisabled: true, privilegeLimit: 4 })
  t.same(session.send(setChannelAccess, change({ privilegeLimit: 1 })), {}, 'with both settings kept')
  t.match(read(stored), { privilegeLimit: 3 })
  bmc.restart()
  t.throws(() => new RawSession(bmc), 'an administrator is above the limit of the channel')
  t.doesNotThrow(() => new RawSession(bmc, { role: 0x13 }))
})

test('the limit of the channel is the limit of open sessions too', async (t) => {
  const { session } = administrator()
  session.send(setChannelAccess, change({ setPrivilegeLimit: present, privilegeLimit: 2 }))
  t.equal(session.send(setSessionPrivilegeLevel, { level: 3 }), 0x81)
  t.same(session.send(setSessionPrivilegeLevel, { level: 2 }), { level: 2 })
})

test('a disabled channel answers nothing outside of the sessions that are open', async (t) => {
  const { bmc, session } = administrator()
  t.same(session.send(setChannelAccess, change({ setAccess: present, accessMode: 0 })), {})
  t.same(exchange(bmc, plainPacket.encode(PayloadType.OpenSessionRequest, new Uint8Array(32))), [])
  t.throws(() => new RawSession(bmc))
  t.equal(bmc.counters.dropped.disabled, 2)
  t.equal(exchange(bmc, presencePing.encode({ tag: 1 })).length, 1, 'presence pings are of RMCP')
  t.match(session.send(getChannelInfo, { channel: 1 }), { channel: 1, activeSessions: 1 })
  session.send(setChannelAccess, change({ setAccess: present }))
  t.doesNotThrow(() => new RawSession(bmc))
})

test('channel settings out of range are refused and change nothing', async (t) => {
  const { session } = administrator()
  const { InvalidDataField } = CompletionCode
  for (const [changes, code] of [
    [{ channel: 2, setAccess: present }, InvalidDataField],
    [{ accessMode: 1, setAccess: present, setPrivilegeLimit: present, privilegeLimit: 2 }, 0x83],
    [{ accessMode: 3, setAccess: stored }, 0x83],
    [{ setAccess: 3 }, InvalidDataField],
    [{ setPrivilegeLimit: 3 }, InvalidDataField],
    [{ setAccess: present, setPrivilegeLimit: stored, privilegeLimit: 0 }, InvalidDataField],
    [{ setAccess: present, setPrivilegeLimit: present, privilegeLimit: 5 }, InvalidDataField],
  ] as const) {
    t.equal(session.send(setChannelAccess, change(changes)), code, JSON.stringify(changes))
  }
  t.equal(session.send(getChannelAccess, { channel: 1, source: 0 }), InvalidDataField)
  t.equal(session.send(getChannelAccess, { channel: 3, source: 1 }), InvalidDataField)
  for (const source of [stored, present])
    t.match(session.send(getChannelAccess, { channel: 1, source }), { alertingDisabled: true, privilegeLimit: 4 })
})

test('LAN parameters that a console may set are read back', async (t) => {
  const { session } = administrator()
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
  const set = (parameter: number, data: string, channel = 1) =>
    session.send(setLanConfigurationParameters, { channel, parameter, data: bytes(data) })
  const read = (parameter: number) => {
    const answer = session.send(getLanConfigurationParameters, {
      channel: 1,
      revisionOnly: false,
      parameter,
      set: 0,
      block: 0,
    })
    return Buffer.from(Object(answer).data).toString('hex')
  }
  for (const [parameter, data] of [
    [LanParameter.address, 'c0000209'],
    [LanParameter.subnetMask, 'ffffff80'],
    [LanParameter.defaultGateway, 'c0000201'],
    [LanParameter.macAddress, '525400abcdef'],
    [LanParameter.addressSource, '02'],
  ] as const) {
    t.same(set(parameter, data), {})
    t.equal(read(parameter), data)
  }
  for (const data of ['01', '02', '00']) t.same(set(LanParameter.setInProgress, data), {})
  t.equal(set(LanParameter.setInProgress, '03'), CompletionCode.InvalidDataField)
  t.equal(set(LanParameter.addressSource, '05'), CompletionCode.InvalidDataField)
  t.equal(set(LanParameter.address, 'c00002'), CompletionCode.InvalidLength)
  t.equal(set(LanParameter.cipherSuiteCount, '02'), 0x82)
  t.equal(set(200, '02'), 0x80)
  t.equal(set(LanParameter.address, 'c0000208', 2), CompletionCode.InvalidDataField)
  t.equal(read(LanParameter.address), 'c0000209')
})
