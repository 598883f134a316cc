import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ProgramAnswer, ProgramCall } from '@powerbus/testkit'

interface User {
  name: string
  password?: Buffer
  messaging: boolean
  privilege: string
}

/**
 * A BMC that answers as ipmitool does on the machine itself: what the real one prints, and its states. Its LAN is
 * channel 1.
 */
export class ScriptedBmc {
  readonly mc = { device: 32, maker: 9999, product: '1 (0x0001)' }
  readonly lan = {
    ipsrc: 'Static Address',
    ipaddr: '127.0.0.1',
    netmask: '255.0.0.0',
    gateway: '127.0.0.254',
    macaddr: '52:54:00:AB:CD:EF',
  }
  readonly users = new Map<number, User>()
  nicPort = 'dedicated'
  /** What `lan6 print` prints; undefined where this ipmitool has no lan6. */
  lan6: string | undefined
  /** Device and options of `chassis bootdev`. */
  boot = ''
  /** Text of a refusal by the beginning of the command, such as `user set name`; `password` for Set User Password. */
  readonly refusals = new Map<string, string>()
  /** Commands that it does not answer any more, counted down. */
  silentFor = 0
  resets = 0
  readonly #slots: number

  constructor(slots = 5) {
    this.#slots = slots
    for (let slot = 1; slot <= slots; slot++)
      this.users.set(slot, { name: '', messaging: false, privilege: 'Unknown (0x00)' })
    this.users.set(2, { name: 'ADMIN', messaging: true, privilege: 'ADMINISTRATOR' })
  }

  readonly ipmitool = (call: ProgramCall): ProgramAnswer => {
    if (this.silentFor > 0) {
      this.silentFor--
      return { code: 1, stderr: 'Could not open device at /dev/ipmi0\n' }
    }
    const words = call.args[0] === 'exec' ? this.#executed(call) : call.args
    const command = words.join(' ')
    const kind = command.startsWith('raw 0x06 0x47') ? 'password' : command
    for (const [start, text] of this.refusals) if (kind.startsWith(start)) return { code: 1, stderr: `${text}\n` }
    const answer = this.#answer(words, command)
    return answer === undefined ? { code: 1, stderr: `Invalid command: ${words[0]}\n` } : { stdout: `${answer}\n` }
  }

  #executed({ args, folder }: ProgramCall): readonly string[] {
    return readFileSync(resolve(folder, args[1] ?? ''), 'utf8')
      .trim()
      .split(' ')
  }

  #answer(words: readonly string[], command: string): string | undefined {
    const user = this.users.get(
      Number(words.find((word, at) => at > 1 && /^\d+$/.test(word) && words[at - 1] !== 'setaccess')),
    )
    if (command === 'mc info') return this.#mcInfo()
    if (command === 'channel info 1') return '  Channel Medium Type   : 802.3 LAN'
    if (command.startsWith('channel info ')) return '  Channel Medium Type   : IPMB (I2C)'
    if (command === 'lan print 1') return this.#lanPrint()
    if (command === 'help')
      return `  lan  Configure LAN Channels${this.lan6 === undefined ? '' : '\n  lan6  Configure IPv6'}`
    if (command === 'lan6 print 1') return this.lan6
    if (words[0] === 'chassis') return this.#bootDevice(words, command)
    if (command === '-c user list 1') return this.#userList()
    if (command === 'delloem lan get') return this.nicPort
    if (command.startsWith('delloem lan set ')) {
      this.nicPort = words.slice(3).join(' ')
      return ''
    }
    if (command === 'mc reset cold') {
      this.resets++
      this.silentFor = 3
      return 'Sent cold reset command to MC'
    }
    if (command === 'lan set 1 access on') return ''
    if (command.startsWith('lan set 1 ')) return this.#lanSet(words.slice(3))
    if (command.startsWith('raw 0x06 0x47 ')) return this.#password(words.slice(3).map(Number))
    if (!user) return undefined
    if (command.startsWith('user set name ')) user.name = words[4] ?? ''
    else if (command.startsWith('user priv ')) user.privilege = 'ADMINISTRATOR'
    else if (command.startsWith('channel setaccess ')) user.messaging = true
    else if (!command.startsWith('user enable ')) return undefined
    return ''
  }

  #mcInfo(): string {
    const { device, maker, product } = this.mc
    return `Device ID                 : ${device}
Firmware Revision         : 1.74
IPMI Version              : 2.0
Manufacturer ID           : ${maker}
Product ID                : ${product}`
  }

  #lanPrint(): string {
    const { ipsrc, ipaddr, netmask, gateway, macaddr } = this.lan
    return `IP Address Source       : ${ipsrc}
IP Address              : ${ipaddr}
Subnet Mask             : ${netmask}
MAC Address             : ${macaddr}
Default Gateway IP      : ${gateway}`
  }

  #bootDevice(words: readonly string[], command: string): string | undefined {
    if (command.startsWith('chassis bootdev ')) {
      const [device = '', options = ''] = words.slice(2)
      this.boot = `${device} ${options}`
      return `Set Boot Device to ${device}`
    }
    const [device = ''] = this.boot.split(' ')
    return command === 'chassis bootparam get 5' ? `   - Boot Device Selector : ${bootDevices[device]}` : undefined
  }

  #lanSet([name, ...values]: readonly string[]): string {
    const value = values.at(-1) ?? ''
    if (name === 'ipsrc') this.lan.ipsrc = value === 'dhcp' ? 'DHCP Address' : 'Static Address'
    else if (name === 'ipaddr' || name === 'netmask') this.lan[name] = value
    else if (name === 'defgw') this.lan.gateway = value
    return ''
  }

  #userList(): string {
    const line = ([slot, { name, messaging, privilege }]: readonly [number, User]) =>
      `${slot},${name},true,${messaging},${messaging},${privilege}`
    return [...this.users].map(line).join('\n')
  }

  /** Set User Password, IPMI v2.0 §22.30: 2 sets, 3 tests. */
  #password([slot = 0, operation, ...bytes]: readonly number[]): string | undefined {
    const user = this.users.get(slot & 0x3f)
    if (!user || (slot & 0x3f) > this.#slots) return undefined
    const password = Buffer.from(bytes)
    if (operation === 2) {
      user.password = password
      return ''
    }
    return user.password?.equals(password) ? '' : undefined
  }
}

const bootDevices: Readonly<Record<string, string>> = {
  pxe: 'Force PXE',
  disk: 'Force Boot from default Hard-Drive',
}

/** What `lan6 print` prints for one static address. */
export function lan6Print(address: string, router: string): string {
  return `IPv6 Static Address 0:
    Enabled:        yes
    Source/Type:    static
    Address:        ${address}
    Status:         active
IPv6 Static Router 1:
    Address: ${router}`
}

/** A password as the BMC keeps it. */
export function storedPassword(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes], bytes.length > 16 ? 20 : 16)
}
