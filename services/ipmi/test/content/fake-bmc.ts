import type { StandIn } from '@powerbus/testkit'

export interface FakeBmc {
  /** Answers as ipmitool on the machine itself does. */
  readonly ipmitool: StandIn
  /** Whether the BMC answers; a test may change it. */
  answers: boolean
  address: string
  gateway: string
  mac: string
  source: string
  /** What `lan6 print` prints; undefined where this ipmitool has no lan6. */
  lan6: string | undefined
  boot: string
}

const devices: Readonly<Record<string, string>> = {
  pxe: 'Force PXE',
  disk: 'Force Boot from default Hard-Drive',
  cdrom: 'Force Boot from CD/DVD',
  bios: 'Force Boot into BIOS Setup',
  none: 'No override',
}

/** A BMC with its LAN on channel 1, and one that is no LAN on channel 2. */
export function fakeBmc(): FakeBmc {
  const bmc: FakeBmc = {
    answers: true,
    address: '192.0.2.9',
    gateway: '192.0.2.1',
    mac: '52:54:00:12:34:56',
    source: 'Static Address',
    lan6: undefined,
    boot: '',
    ipmitool: ({ args }) => {
      const words = args.join(' ')
      if (!bmc.answers) return { code: 1, stderr: 'Could not open device\n' }
      if (words === 'mc info') return mcInfo
      if (words === 'help')
        return { stderr: `Commands:\n  lan  Configure LAN\n${bmc.lan6 === undefined ? '' : '  lan6 IPv6\n'}` }
      if (words === 'channel info 1') return 'Channel 0x1 info:\n  Channel Medium Type   : 802.3 LAN\n'
      if (words.startsWith('channel info')) return 'Channel 0x2 info:\n  Channel Medium Type   : IPMB (I2C)\n'
      if (words === 'lan print 1') return lanPrint(bmc)
      if (words === 'lan6 print 1') return bmc.lan6 ?? ''
      const [, device = '', options = ''] = /^chassis bootdev (\w+) options=(.*)$/.exec(words) ?? []
      if (device !== '') {
        bmc.boot = `${device} ${options}`
        return `Set Boot Device to ${device}\n`
      }
      if (words === 'chassis bootparam get 5')
        return ` Boot Flags :\n   - Options apply to all future boots\n   - Boot Device Selector : ${devices[bmc.boot.split(' ')[0] ?? '']}\n`
      return { code: 1, stderr: `Invalid command: ${words}\n` }
    },
  }
  return bmc
}

const mcInfo = `Device ID                 : 32
Device Revision           : 1
Firmware Revision         : 2.14
IPMI Version              : 2.0
Manufacturer ID           : 47488
Manufacturer Name         : Unknown (0xB980)
Product ID                : 43707 (0xaabb)
`

function lanPrint({ address, gateway, mac, source }: FakeBmc): string {
  return `Set in Progress         : Set Complete
Auth Type Support       : MD5 PASSWORD
IP Address Source       : ${source}
IP Address              : ${address}
Subnet Mask             : 255.255.255.0
MAC Address             : ${mac}
Default Gateway IP      : ${gateway}
`
}

/** What `lan6 print` prints for one static address. */
export function lan6Print(address: string, router: string): string {
  return `IPv6 Static Address 0:
    Enabled:        yes
    Source/Type:    static
    Address:        ${address}
    Status:         active
IPv6 Static Router 1:
    Address: ${router}
`
}
