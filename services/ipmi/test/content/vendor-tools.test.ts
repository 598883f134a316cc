import { startTaskMachine, type TaskMachine, type TestScope } from '@powerbus/testkit'
import tap, { test } from 'tap'
import { startContentEndpoint } from './content-endpoint.ts'
import { ipmiContent } from './ipmi-content.ts'
import { ScriptedBmc } from './scripted-bmc.ts'
import { leaked } from './task-calls.ts'
import { type FakeTool, fakeHponcfg, fakeIdrac, fakeOneCli, fakeRacadm, REQUEST, readXml } from './vendor-fakes.ts'

const endpoint = await startContentEndpoint(tap)
let machines = 0

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB+zCCAWQCCQ\n/\\n$x`"\'==\n-----END CERTIFICATE-----\n'
const KEY = '-----BEGIN PRIVATE KEY-----\nsecret of the key\n-----END PRIVATE KEY-----\n'
const NAME = `a b'"$(id);<&>`

async function machineOf(
  t: TestScope,
  vendor: string,
  tools: Readonly<Record<string, FakeTool>>,
  params: object,
  bmc = new ScriptedBmc(),
): Promise<TaskMachine> {
  machines++
  const name = `machine-${machines}`
  const machine = await startTaskMachine(t, {
    endpoint,
    content: ipmiContent,
    name,
    vendor,
    ipmitool: bmc.ipmitool,
    params: { 'ipmi/mode': 'lpar', ...params },
  })
  for (const [path, tool] of Object.entries(tools)) machine.put(path, tool.run, { readsInput: path === '/hponcfg' })
  return machine
}

async function runConfigure(machine: TaskMachine) {
  const run = await machine.runTask('ipmi-configure')
  if (leaked(run, ['secret of the key', 'hunter2']).length > 0)
    throw new Error(`leaked: ${leaked(run, ['secret of the key', 'hunter2'])}`)
  return run
}

const names = {
  'ipmi/configure/hostname': NAME,
  'ipmi/configure/domain': 'lab.example',
  'dns-domain': 'other.example',
  'ipmi/configure/dns-servers': ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'],
  'dns-servers': ['192.0.2.99'],
  'ntp-servers': ['ntp1.example', 'ntp2.example', 'ntp3.example', 'ntp4.example'],
  timezone: 'Europe/Berlin',
}
const subject = {
  'ipmi/configure/cert-province': NAME,
  'ipmi/configure/cert-org-unit': 'R & D',
}

test('an iDRAC gets its names and times once, the request and the certificate as they are', async (t) => {
  const racadm = fakeIdrac()
  const machine = await machineOf(t, 'Dell Inc.', { '/racadm': racadm }, names)
  const first = await runConfigure(machine)
  t.equal(first.code, 0, first.log)
  t.strictSame(racadm.changes, [
    `set iDRAC.NIC.DNSRacName ${NAME}`,
    'set iDRAC.NIC.DNSDomainName lab.example',
    'set iDRAC.IPv4.DNS1 192.0.2.1',
    'set iDRAC.IPv4.DNS2 192.0.2.2',
    'set idrac.NTPConfigGroup.ntp1 ntp1.example',
    'set idrac.NTPConfigGroup.ntp2 ntp2.example',
    'set idrac.NTPConfigGroup.ntp3 ntp3.example',
    'set idrac.NTPConfigGroup.ntpenable Enabled',
    'set iDRAC.time.timezone Europe/Berlin',
  ])
  racadm.changes.length = 0
  t.equal((await runConfigure(machine)).code, 0)
  t.strictSame(racadm.changes, [], 'a second run sets nothing')

  await machine.setParams({
    ...subject,
    'ipmi/configure/generate-csr': true,
    'ipmi/configure/post-csr-task': 'ipmi-run-commands',
    'ipmi/configure/certificate': CERTIFICATE,
    'ipmi/configure/key': KEY,
  })
  const signed = await runConfigure(machine)
  t.equal(signed.code, 0, signed.log)
  t.match(signed.log, /racadm racreset/)
  t.equal((await machine.params())['ipmi/csr'], REQUEST)
  t.equal(racadm.settings.get('iDRAC.security.CsrStateName'), NAME)
  t.equal(racadm.settings.get('iDRAC.security.CsrEmailAddr'), `admin@${NAME}`)
  t.strictSame(
    [...racadm.given],
    [
      ['key 1', KEY],
      ['certificate 1', CERTIFICATE],
    ],
  )
  t.strictSame((await machine.show()).Tasks, ['ipmi-run-commands'])

  await machine.setParams({ 'ipmi/configure/post-csr-task': NAME })
  const inserted = (await runConfigure(machine)).calls.find(({ args }) => args[1] === 'inserttask')
  t.strictSame(inserted?.args, ['machines', 'inserttask', machine.uuid, NAME, '0'], 'the name is one word')
})

test('errors of racadm with exit status 0 fail the task, which still does all else, and insert no task (F19)', async (t) => {
  const racadm = fakeIdrac()
  racadm.refusals.set('set iDRAC.NIC.DNSRacName', 'ERROR: RAC947 : Invalid object value specified.')
  racadm.refusals.set('sslcsrgen', 'ERROR: Unable to perform the requested operation.')
  racadm.refusals.set('sslcertupload', 'ERROR : RAC1042: the certificate is not valid')
  const params = {
    ...names,
    'ipmi/configure/generate-csr': true,
    'ipmi/configure/certificate': CERTIFICATE,
    'ipmi/configure/post-csr-task': 'ipmi-run-commands',
  }
  const machine = await machineOf(t, 'DELL EMC', { '/racadm': racadm }, params)
  const run = await runConfigure(machine)
  t.match(run, { code: 1, log: /did not take iDRAC.NIC.DNSRacName=.*RAC947/ })
  t.match(run.log, /made no certificate signing request[\s\S]*did not take the certificate.*RAC1042/)
  t.equal(racadm.settings.get('iDRAC.time.timezone'), 'Europe/Berlin')
  t.match(await machine.params(), { 'ipmi/enabled': true, 'ipmi/address': '127.0.0.1' })
  t.strictSame((await machine.show()).Tasks ?? [], [])
})

test('the rights of an iDRAC user go by role, mask or the old command, whichever the iDRAC has', async (t) => {
  for (const [attributes, expected] of [
    [{ 'iDRAC.Users.3.Role': 'None', 'iDRAC.Users.3.Privilege': '0x0' }, ['set iDRAC.Users.3.Role Administrator']],
    [{ 'iDRAC.Users.3.Privilege': '0x0' }, ['set iDRAC.Users.3.Privilege 0x1ff']],
    [{}, []],
  ] as const) {
    const racadm = fakeRacadm(attributes)
    racadm.refusals.set(
      'config -g cfgUserAdmin -i 3 -o cfgUserAdminPrivilege 0x1ff',
      'Object value modified successfully',
    )
    const params = { 'ipmi/configure/user': true, 'ipmi/configure/password': 'hunter2' }
    const machine = await machineOf(t, 'Dell Inc.', { '/racadm': racadm }, params)
    const run = await runConfigure(machine)
    t.equal(run.code, 0, run.log)
    t.notMatch(run.log, 'not all commands were taken')
    t.strictSame(racadm.changes, expected)
  }
})

test('an iLO gets well-formed XML, once, and only settings that differ (F18)', async (t) => {
  const hponcfg = fakeHponcfg()
  hponcfg.settings.set('IPMI_DCMI_OVER_LAN_ENABLED', 'N')
  const params = { ...names, 'ipmi/configure/user': true, 'ipmi/configure/password': 'hunter2' }
  const machine = await machineOf(t, 'HPE', { '/hponcfg': hponcfg }, params)
  const first = await runConfigure(machine)
  t.equal(first.code, 0, first.log)
  t.strictSame(hponcfg.changes, ['MOD_GLOBAL_SETTINGS', 'MOD_NETWORK_SETTINGS'])
  t.match(Object.fromEntries(hponcfg.settings), {
    IPMI_DCMI_OVER_LAN_ENABLED: 'Yes',
    DNS_NAME: NAME,
    DHCP_DOMAIN_NAME: 'N',
    DOMAIN_NAME: 'lab.example',
    DHCP_DNS_SERVER: 'N',
    PRIM_DNS_SERVER: '192.0.2.1',
    SEC_DNS_SERVER: '192.0.2.2',
    TER_DNS_SERVER: '192.0.2.3',
    DHCP_SNTP_SETTINGS: 'N',
    SNTP_SERVER1: 'ntp1.example',
    SNTP_SERVER2: 'ntp2.example',
    TIMEZONE: 'Europe/Berlin',
  })
  t.notOk(hponcfg.settings.has('SNTP_SERVER3'))
  t.equal((await runConfigure(machine)).code, 0)
  t.equal(hponcfg.changes.length, 2)
  const unasked = await machineOf(t, 'HP', { '/hponcfg': fakeHponcfg() }, {})
  t.strictSame(
    (await runConfigure(unasked)).calls.filter(({ program }) => program === '/hponcfg'),
    [],
  )
})

test('an iLO that makes its request for minutes is asked again, and its errors are judged by STATUS', async (t) => {
  const hponcfg = fakeHponcfg()
  hponcfg.generating = 3
  const params = {
    ...subject,
    'ipmi/configure/hostname': 'bmc1',
    'ipmi/configure/generate-csr': true,
    'ipmi/configure/certificate': CERTIFICATE,
    'ipmi/configure/key': KEY,
  }
  const machine = await machineOf(t, 'HPE', { '/hponcfg': hponcfg }, params)
  const run = await runConfigure(machine)
  t.equal(run.code, 0, run.log)
  t.match(run.log, /ipmi\/configure\/key is not used/)
  t.equal((await machine.params())['ipmi/csr'], REQUEST)
  t.match(Object.fromEntries(hponcfg.given), {
    CSR_STATE: NAME,
    CSR_COUNTRY: 'US',
    CSR_ORGANIZATIONAL_UNIT: 'R & D',
    CSR_COMMON_NAME: 'bmc1',
    certificate: CERTIFICATE,
    reset: 'true',
  })
  hponcfg.generating = 99
  const slow = await runConfigure(machine)
  t.match(slow, { code: 1, log: /has not made its certificate signing request in 5 minutes/ })
  hponcfg.generating = 0
  hponcfg.refusals.set(
    'CERTIFICATE_SIGNING_REQUEST',
    `<RESPONSE STATUS="0x0000" MSG="No error"/><RESPONSE STATUS="0x003E" MSG="Invalid country"/>`,
  )
  t.match(await runConfigure(machine), { code: 1, log: /made no certificate signing request: "Invalid country"/ })
})

test('an XCC gets its settings, a form with one country, the certificate, and a password that no argument holds', async (t) => {
  const oneCli = fakeOneCli({ 'IMM.LoginId.1': 'USERID', 'IMM.LoginId.3': 'oper' })
  const bmc = new ScriptedBmc()
  bmc.refusals.set('password', 'refused')
  const params = {
    ...names,
    ...subject,
    'ipmi/configure/user': true,
    'ipmi/configure/username': 'oper',
    'ipmi/configure/password': 'hunter2-$x',
    'ipmi/configure/generate-csr': true,
    'ipmi/configure/certificate': CERTIFICATE,
  }
  const machine = await machineOf(t, 'LENOVO', { '/OneCli': oneCli }, params, bmc)
  const run = await runConfigure(machine)
  t.equal(run.code, 0, run.log)
  t.equal(oneCli.given.get('batch'), 'set IMM.Password.3 hunter2-$x\n')
  t.match(Object.fromEntries(oneCli.settings), {
    'IMM.IMMInfo_Name': `${NAME}.lab.example`,
    'IMM.DNS_Enable': 'Enabled',
    'IMM.DNS_IP_Address3': '192.0.2.3',
    'IMM.NTPHost3': 'ntp3.example',
    'IMM.TimeZone': 'Europe/Berlin',
  })
  const form = readXml((oneCli.given.get('form') ?? '').replace(/^<\?.*\?>/, '').trim())
  const texts = (name: string) => (form ?? []).filter((element) => element.name === name).map(({ text }) => text)
  t.strictSame(texts('name'), [
    'countryName',
    'stateOrProvinceName',
    'localityName',
    'organizationName',
    'commonName',
    'emailAddress',
    'organizationalUnitName',
  ])
  t.strictSame(texts('value'), ['US', NAME, 'Austin', 'RackN', NAME, `admin@${NAME}`, 'R & D'])
  t.equal(oneCli.given.get('certificate'), CERTIFICATE)
  t.equal((await machine.params())['ipmi/csr'], REQUEST)
  const { length } = oneCli.changes
  await machine.setParams({ 'ipmi/configure/user': false, 'ipmi/configure/cert-province': 'x'.repeat(31) })
  t.match(await runConfigure(machine), {
    code: 1,
    log: /stateOrProvinceName of the certificate must have 1 to 30 bytes/,
  })
  t.equal(oneCli.changes.length, length, 'a second run sets nothing')
})

test('a tool that is missing, and a maker without one, are named, and the task goes on', async (t) => {
  const params = {
    ...names,
    'ipmi/configure/generate-csr': true,
    'ipmi/configure/certificate': CERTIFICATE,
    'ipmi/configure/post-csr-task': 'ipmi-run-commands',
  }
  for (const [vendor, text] of [
    ['Dell Inc.', /racadm is not installed[\s\S]*hardware-tools-install/],
    ['Hewlett-Packard', /hponcfg is not installed[\s\S]*hardware-tools-install/],
    ['Lenovo', /OneCli is not installed[\s\S]*hardware-tools-install/],
    ['Supermicro', /cannot be set from the machine[\s\S]*put it into ipmi\/csr[\s\S]*install it at the BMC/],
  ] as const) {
    const machine = await machineOf(t, vendor, {}, params)
    t.match(await runConfigure(machine), { code: 0, log: text }, vendor)
    t.strictSame((await machine.show()).Tasks ?? [], [], 'no task without a request')
  }
})
