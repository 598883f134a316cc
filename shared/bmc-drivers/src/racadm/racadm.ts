import { type BootRequest, PowerbusError } from '@powerbus/plugin-sdk/unshared'
import type { BmcDriver, DriverFactory } from '../driver.ts'
import { hostAndPort } from '../host-and-port.ts'
import { HttpsClient } from '../https-client.ts'
import type { Target } from '../target.ts'
import type { Workaround } from '../workarounds.ts'
import { AutoTransport, type FoundWay } from './auto-transport.ts'
import { attributeCommands, serverBootOf } from './boot-settings.ts'
import { CgiTransport } from './cgi.ts'
import { HostKeys } from './host-keys.ts'
import { describeCommand } from './racadm-commands.ts'
import { RacadmConnection } from './racadm-connection.ts'
import type { RacadmTransport } from './racadm-transport.ts'
import { SshTransport } from './ssh.ts'
import { ToolTransport } from './tool.ts'

const HTTPS_PORT = 443
const SSH_PORT = 22
/** Firmware takes some seconds to log in, and some for a command. */
const CALL_MS = 30_000

/** What is known of RACs while this process runs. */
interface Known {
  readonly hostKeys: HostKeys
  /** `ADDRESS:PORT` of RACs that have no racadm over HTTPS. */
  readonly sshOnly: Set<string>
  /** Dell's program. */
  readonly program: string
}

/** Mode `racadm`: an iDRAC or CMC of Dell, over HTTPS or SSH, or by Dell's program `program` where ipmi/racadm-transport is `tool`. */
export function racadm(program = 'racadm'): DriverFactory {
  const known: Known = { hostKeys: new HostKeys(), sshOnly: new Set(), program }
  return {
    driver: (target) => new RacadmDriver(target, known),
    async close() {
      // Each action logs out by itself.
    },
  }
}

class RacadmDriver implements BmcDriver {
  readonly service = 'ipmi'
  readonly mode = 'racadm'
  readonly callMs = CALL_MS
  readonly identifyEnds = false
  readonly key: string
  readonly describeBoot?: (request: BootRequest) => string
  readonly #target: Target
  readonly #known: Known

  constructor(target: Target, known: Known) {
    const { address, port, racadm: { transport = 'auto', module } = {} } = target
    if (module !== undefined && !/^[\w-]{1,32}$/.test(module))
      throw new PowerbusError('PARAM_INVALID', 'Param ipmi/racadm-module: give the name of a module, such as server-1')
    this.#target = target
    this.#known = known
    const place = hostAndPort({ address, port: port || (transport === 'ssh' ? SSH_PORT : HTTPS_PORT) })
    this.key = module === undefined ? place : `${place}/${module}`
    // A chassis sets the boot device of its modules by commands of its own.
    if (module === undefined) this.describeBoot = describeBoot
  }

  async open() {
    return new RacadmConnection(this.key, this.#transport(), this.#target.racadm?.module)
  }

  describe(operation: Parameters<BmcDriver['describe']>[0]) {
    return describeCommand(operation, this.#target.racadm?.module)
  }

  #transport(): RacadmTransport {
    const { address, port, racadm: { transport = 'auto' } = {} } = this.#target
    const { hostKeys, sshOnly, program } = this.#known
    const login = this.#target
    const legacy = (name: Workaround) => this.#target.workarounds.includes(name)
    const cgi = () => {
      const trust = { ...this.#target.tls, legacy: legacy('old-tls') }
      return new CgiTransport(new HttpsClient({ address, port: port || HTTPS_PORT, trust }), login)
    }
    const ssh = () => new SshTransport({ address, port: port || SSH_PORT, hostKeys, legacy: legacy('old-ssh') }, login)
    if (transport === 'cgi') return cgi()
    if (transport === 'ssh') return ssh()
    if (transport === 'tool') return new ToolTransport({ address, port: port || HTTPS_PORT, program }, login)
    const place = hostAndPort({ address, port })
    const found: FoundWay = {
      get: () => (sshOnly.has(place) ? 'ssh' : undefined),
      set: (way) => void (way ? sshOnly.add(place) : sshOnly.delete(place)),
    }
    return new AutoTransport({ cgi, ssh }, found)
  }
}

function describeBoot(request: BootRequest): string {
  const { once, device } = serverBootOf(request)
  const commands = [attributeCommands.setOnce(once), attributeCommands.setDevice(device)]
  return commands.map((command) => `racadm ${command.join(' ')}`).join(', then ')
}
