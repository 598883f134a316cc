import type { ChassisControlName, MachineControl } from 'node-ipmi/bmc'
import type { RacadmKnobs } from './racadm-options.ts'
import { ServerBoot } from './server-boot.ts'

export interface RacadmAnswer {
  /** CMDRC over HTTPS, exit code over SSH. */
  readonly code: number
  readonly output: string
}

const powerActions: Readonly<Record<string, ChassisControlName>> = {
  powerup: 'powerUp',
  powerdown: 'powerDown',
  powercycle: 'powerCycle',
  hardreset: 'hardReset',
  nmi: 'diagnosticInterrupt',
  graceshutdown: 'softShutdown',
}

const done = (output = ''): RacadmAnswer => ({ code: 0, output })
const failed = (text: string, code = 1): RacadmAnswer => ({ code, output: `ERROR: ${text}` })

/** What racadm of an iDRAC does with a command, whichever way it came. The machine's state is that of all faces of the machine. */
export class RacadmFirmware {
  readonly #machine: MachineControl
  readonly #knobs: RacadmKnobs
  readonly #boot: ServerBoot
  readonly #serviceTag: string
  /** Commands as they came. */
  readonly commands: string[] = []
  sessionList: () => readonly string[] = () => []

  constructor(machine: MachineControl, knobs: RacadmKnobs, serviceTag: string) {
    this.#machine = machine
    this.#knobs = knobs
    this.#boot = new ServerBoot(machine)
    this.#serviceTag = serviceTag
  }

  /** A subcommand and its words. */
  async run(line: string): Promise<RacadmAnswer> {
    this.commands.push(line)
    if (this.#knobs.notReady)
      return failed('The RAC is not ready. Wait for some seconds, and run the command again.', 0x16)
    const [subcommand = '', ...words] = line.trim().split(/\s+/)
    switch (subcommand) {
      case 'serveraction':
        return await this.#serverAction(words)
      case 'get':
      case 'set':
        if (this.#knobs.generation === 'attribute') return this.#attribute(subcommand, words)
        break
      case 'config':
      case 'getconfig':
        return this.#group(subcommand, words)
      case 'setled':
        await this.#machine.identify(words.at(-1) === '1' ? Number.POSITIVE_INFINITY : 0)
        return done()
      case 'getled':
        return done(`LED State: ${this.#machine.isIdentified() ? 'Blinking' : 'Not-blinking'}`)
      case 'getsensorinfo':
        return done(await this.#sensors())
      case 'getsel':
        return done(words[0] === '-i' ? 'Total Records: 1' : selText)
      case 'getsysinfo':
        return done(await this.#systemInfo())
      case 'getsvctag':
        return done(this.#serviceTag)
      case 'getversion':
        return done(' BIOS Version = 2.19.1\n iDRAC Version = 6.10.80.00')
      case 'getssninfo':
        return done(['SSNID  Type  User  IP Address', ...this.sessionList()].join('\n'))
      case 'getmodinfo':
        return done(
          `Server-1    Present    ${(await this.#machine.isOn()) ? 'ON' : 'OFF'}    Normal    ${this.#serviceTag}`,
        )
      case 'racreset':
        return done(
          'RAC reset operation initiated successfully. It may take a few minutes for the RAC to come online again.',
        )
    }
    return failed('Invalid subcommand specified.', 2)
  }

  async #serverAction(words: readonly string[]): Promise<RacadmAnswer> {
    const at = words.indexOf('-m')
    const [action = ''] = at < 0 ? words : words.filter((_word, index) => index !== at && index !== at + 1)
    const isOn = await this.#machine.isOn()
    if (action === 'powerstatus') return done(`Server power status: ${isOn ? 'ON' : 'OFF'}`)
    const verb = Object.hasOwn(powerActions, action) ? powerActions[action] : undefined
    if (!verb) return failed(`${action} is an invalid action.`, 2)
    if (verb === (isOn ? 'powerUp' : 'powerDown')) return done(`Server is already powered ${isOn ? 'ON' : 'OFF'}.`)
    if (!isOn && verb !== 'powerUp') return failed('The server is powered off, and the operation needs it on.')
    await this.#machine.control(verb)
    return done(this.#knobs.generation === 'group' ? '' : 'Server power operation successful')
  }

  #attribute(subcommand: 'get' | 'set', [name = '', value]: readonly string[]): RacadmAnswer {
    const [, attribute = ''] = /^iDRAC\.ServerBoot(?:\.(\w+))?$/i.exec(name) ?? []
    if (!/^iDRAC\.ServerBoot\b/i.test(name)) return failed('RAC947: Invalid object group specified.', 5)
    const heading = '[Key=iDRAC.Embedded.1#ServerBoot.1]'
    if (subcommand === 'get')
      return done(
        `${heading}\nBootOnce=${this.#boot.once ? 'Enabled' : 'Disabled'}\nFirstBootDevice=${this.#boot.device}`,
      )
    if (value === undefined || !this.#set(attribute.toLowerCase(), value))
      return failed('RAC943: Invalid object value specified.', 2)
    return done(`${heading}\nObject value modified successfully`)
  }

  #group(subcommand: 'config' | 'getconfig', words: readonly string[]): RacadmAnswer {
    const [, group, , object = '', value] = words
    if (group !== 'cfgServerInfo') return failed('The specified group is invalid.', 5)
    if (subcommand === 'getconfig')
      return done(
        `# cfgServerName=\ncfgServerFirstBootDevice=${this.#boot.device}\ncfgServerBootOnce=${Number(this.#boot.once)}`,
      )
    if (value === undefined || !this.#set(object.replace(/^cfgServer/, '').toLowerCase(), value))
      return failed('The specified value is not allowed.', 2)
    const deprecated = 'RAC1169: The RACADM "config" command will be deprecated in a future version of iDRAC firmware.'
    return done(`Object value modified successfully${this.#knobs.generation === 'group' ? '' : `\n${deprecated}`}`)
  }

  #set(attribute: string, value: string): boolean {
    if (attribute === 'firstbootdevice') {
      return !this.#knobs.refusedDevices.includes(value) && this.#boot.setDevice(value)
    }
    if (attribute !== 'bootonce' || !/^(?:enabled|disabled|0|1)$/i.test(value)) return false
    this.#boot.setOnce(/^(?:enabled|1)$/i.test(value))
    return true
  }

  async #systemInfo(): Promise<string> {
    const isOn = await this.#machine.isOn()
    return `RAC Information:
RAC Date/Time           = Tue Dec  1 00:00:00 2026

Firmware Version        = 6.10.80.00
Firmware Build          = 17
MAC Address             = 00:00:5e:00:53:01

System Information:
System Model            = PowerEdge R640
System BIOS Version     = 2.19.1
Service Tag             = ${this.#serviceTag}
Host Name               =
Power Status            = ${isOn ? 'ON' : 'OFF'}`
  }

  async #sensors(): Promise<string> {
    const isOn = await this.#machine.isOn()
    const watts = (await this.#machine.powerWatts()) ?? 0
    return `Sensor Type : POWER
<Sensor Name>\t\t<Status>\t<Type>
PS1 Status\t\tPresent\t\tAC

Sensor Type : TEMPERATURE
<Sensor Name>\t\t<Status>\t<Reading>\t<lc>\t<uc>\t<lnc>[R/W]\t<unc>[R/W]
System Board Inlet Temp\tOk\t21C\t-7C\t47C\t3C [N]\t42C [N]

Sensor Type : FAN
<Sensor Name>\t\t<Status>\t<Reading>\t<lc>\t<uc>\t<PWM %>
System Board Fan1\t${isOn ? 'Ok' : 'N/A'}\t${isOn ? '7080RPM' : 'N/A'}\t600RPM\tN/A\t32%

Sensor Type : CURRENT
<Sensor Name>\t\t<Status>\t<Reading>\t<lc>\t<uc>
System Board Pwr Consumption\tOk\t${Math.round(watts)}Watts\tN/A\t588Watts`
  }
}

const selText = `Record:      1
Date/Time:   12/01/2026 00:00:00
Source:      system
Severity:    Ok
Description: Log cleared.
-------------------------------------------------------------------------------`
