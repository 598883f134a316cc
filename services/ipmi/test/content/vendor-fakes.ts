import { readFileSync, writeFileSync } from 'node:fs'
import type { ProgramAnswer, StandIn } from '@powerbus/testkit'

export const REQUEST =
  '-----BEGIN CERTIFICATE REQUEST-----\nMIICijCCAXICAQAwRTELMAkGA1UEBhMC\n-----END CERTIFICATE REQUEST-----\n'

/** What a vendor's tool of a test has been told. */
export interface FakeTool {
  readonly settings: Map<string, string>
  /** Files and texts that it was given, by what they are for. */
  readonly given: Map<string, string>
  /** Commands that change something, in order. */
  readonly changes: string[]
  /** By the beginning of a command: an answer with exit status 0, as these tools give it. */
  readonly refusals: Map<string, string>
  readonly run: StandIn
}

type Answer = (args: readonly string[], input: string) => ProgramAnswer | string

function fakeTool(answer: (tool: FakeTool) => Answer): FakeTool {
  const tool: FakeTool = {
    settings: new Map(),
    given: new Map(),
    changes: [],
    refusals: new Map(),
    run: ({ args, input }) => {
      const command = args.join(' ')
      for (const [start, text] of tool.refusals) if (command.startsWith(start) || input.includes(start)) return text
      return answer(tool)(args, input)
    },
  }
  return tool
}

const after = (args: readonly string[], option: string) => args[args.indexOf(option) + 1] ?? ''

/** racadm of an iDRAC: `get` and `set` of attributes that are there, requests and certificates. Errors end with status 0. */
export function fakeRacadm(attributes: Readonly<Record<string, string>>): FakeTool {
  const tool = fakeTool(({ settings, given, changes }) => (args) => {
    const [verb = '', name = '', value = ''] = args
    if (verb === 'sslcsrgen') {
      writeFileSync(after(args, '-f'), REQUEST.replaceAll('\n', '\r\n'))
      return 'CSR generated and downloaded from RAC successfully'
    }
    if (verb === 'sslkeyupload') {
      given.set(`key ${after(args, '-t')}`, readFileSync(after(args, '-f'), 'utf8'))
      return 'Key successfully uploaded to the RAC.'
    }
    if (verb === 'sslcertupload') {
      given.set(`certificate ${after(args, '-t')}`, readFileSync(after(args, '-f'), 'utf8'))
      return 'Certificate successfully uploaded to the RAC.'
    }
    if (!settings.has(name)) return 'ERROR: RAC917 : The specified object is invalid.'
    if (verb === 'get') return `[Key=iDRAC.Embedded.1#${name}]\r\n${name.split('.').at(-1)}=${settings.get(name)}\r\n`
    if (verb !== 'set') return { code: 1, stderr: `ERROR: RAC905 : ${verb} is not supported\n` }
    settings.set(name, value)
    changes.push(args.join(' '))
    return '[Key=iDRAC]\nObject value modified successfully'
  })
  for (const [name, value] of Object.entries(attributes)) tool.settings.set(name, value)
  return tool
}

const iDracNames = ['NIC.DNSRacName', 'NIC.DNSDomainName', 'IPv4.DNS1', 'IPv4.DNS2', 'time.timezone'].map(
  (name) => `iDRAC.${name}`,
)
const iDracTime = ['ntp1', 'ntp2', 'ntp3', 'ntpenable'].map((name) => `idrac.NTPConfigGroup.${name}`)
const iDracSubject = [
  'CountryCode',
  'StateName',
  'LocalityName',
  'OrganizationName',
  'OrganizationUnit',
  'CommonName',
  'EmailAddr',
]
/** racadm of an iDRAC that has all attributes which the content sets, all empty. */
export const fakeIdrac = () =>
  fakeRacadm(
    Object.fromEntries(
      [...iDracNames, ...iDracTime, ...iDracSubject.map((name) => `iDRAC.security.Csr${name}`)].map((name) => [
        name,
        '',
      ]),
    ),
  )

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

/** Elements of a document in order, or undefined where it is not well formed: strictly, and as far as RIBCL goes. */
export function readXml(document: string): readonly Element[] | undefined {
  const elements: Element[] = []
  const open: Element[] = []
  const tag = /<(\/?)(\w+)((?:\s+\w+\s*=\s*"[^"<]*")*)\s*(\/?)>/y
  for (let at = 0; at < document.length; ) {
    tag.lastIndex = at
    const found = tag.exec(document)
    const [whole = '', closing, name = '', attributes = '', empty] = found ?? []
    if (!found) {
      const text = /^[^<]+/.exec(document.slice(at))?.[0]
      if (text === undefined || plain(text) === undefined) return undefined
      const last = open.at(-1)
      if (last) last.text += plain(text)
      at += text.length
      continue
    }
    at += whole.length
    if (closing) {
      if (open.pop()?.name !== name) return undefined
      continue
    }
    const pairs = [...attributes.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      plain(value),
    ])
    if (pairs.some(([, value]) => value === undefined)) return undefined
    const element = { name, attributes: Object.fromEntries(pairs), text: '' }
    elements.push(element)
    if (!empty) open.push(element)
  }
  return open.length === 0 ? elements : undefined
}

/** Text without entities; undefined where an ampersand begins none. */
function plain(text: string): string | undefined {
  if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) return undefined
  const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(\w+);/g, (_, name: string) => characters[name] ?? '')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** hponcfg -i of an iLO: reads the XML, and says for a while that the request is not made yet. */
export function fakeHponcfg(): FakeTool & { generating: number } {
  const ok = `<?xml version="1.0"?>\n<RIBCL VERSION="2.23">\n<RESPONSE\n    STATUS="0x0000"\n    MESSAGE='No error'\n     />\n</RIBCL>\n`
  const refusal = (status: string, message: string) => ok + ok.replace('0x0000', status).replace('No error', message)
  const tool = fakeTool(({ settings, given, changes }) => (args, input) => {
    const elements = readXml(input.trim())
    if (args.join(' ') !== '-i' || !elements) return refusal('0x0001', 'Syntax error')
    const [, , mode, command, ...values] = elements
    const pairs = values.flatMap(({ name, attributes: { VALUE } }) =>
      VALUE === undefined ? [] : [[name, VALUE] as const],
    )
    if (command?.name.startsWith('GET_')) {
      const lines = Array.from(settings, ([key, value]) => `    <${key} VALUE="${escaped(value)}"/>`)
      return `${ok}<RIBCL VERSION="2.23"><${command.name}>\n${lines.join('\n')}\n</${command.name}></RIBCL>`
    }
    if (mode?.attributes.MODE !== 'write') return refusal('0x0023', 'open for read-only access')
    if (command?.name.startsWith('MOD_')) {
      changes.push(command.name)
      for (const [key, value] of pairs) settings.set(key, value)
    } else if (command?.name === 'CERTIFICATE_SIGNING_REQUEST') {
      for (const [key, value] of pairs) given.set(key, value)
      if (tool.generating-- > 0)
        return refusal('0x0088', 'The iLO is currently generating a Certificate Signing Request')
      return `${ok}<RIBCL><CERTIFICATE_SIGNING_REQUEST>\n${REQUEST}</CERTIFICATE_SIGNING_REQUEST></RIBCL>${ok}`
    } else if (command?.name === 'IMPORT_CERTIFICATE') {
      given.set('certificate', command.text.slice(1))
      given.set('reset', String(values[0]?.name === 'RESET_RIB'))
    } else return refusal('0x0001', 'Syntax error')
    return `${ok}${ok}`
  }) as FakeTool & { generating: number }
  tool.generating = 0
  return tool
}

const xccSettings = [
  'IMMInfo_Name',
  'HostName1',
  'Custom_Domain',
  'DNS_Enable',
  'DNSPreference',
  'DNS_IP_Address1',
  'DNS_IP_Address2',
  'DNS_IP_Address3',
  'TimeZone',
  'NTPHost1',
  'NTPHost2',
  'NTPHost3',
  'NTPAutoSynchronization',
]

/** OneCli of an XCC with all settings of the content, empty, and further ones. Errors end with status 0. */
export function fakeOneCli(settings: Readonly<Record<string, string>>): FakeTool {
  const tool = fakeTool(({ settings, given, changes }) => ([config, verb = '', name = '', ...rest]) => {
    if (config !== 'config') return 'Invalid command'
    if (verb === 'show') {
      const shown = [...settings].filter(([key]) => key === name || key.startsWith(`${name}.`))
      return shown.length > 0
        ? shown.map(([key, value]) => `${key}=${value}`).join('\n')
        : 'Failed to find the setting.'
    }
    if (verb === 'batch') {
      given.set('batch', readFileSync(rest[0] ?? '', 'utf8'))
      return 'Succeed in running batch command.'
    }
    if (verb === 'generate') given.set('form', readFileSync(after(rest, '--file'), 'utf8'))
    else if (verb === 'export') writeFileSync(after(rest, '--file'), REQUEST)
    else if (verb === 'import') given.set('certificate', readFileSync(after(rest, '--file'), 'utf8'))
    else if (verb === 'set' && settings.has(name)) {
      settings.set(name, rest[0] ?? '')
      changes.push(`${name} ${rest[0]}`)
    } else return '[Error] Invalid setting.'
    return 'Succeed in running config command.'
  })
  for (const name of xccSettings) tool.settings.set(`IMM.${name}`, '')
  for (const [name, value] of Object.entries(settings)) tool.settings.set(name, value)
  return tool
}
