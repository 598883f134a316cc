import type { BootRequest } from '@powerbus/plugin-sdk/unshared'
import type { BmcDriver, DriverFactory } from '../driver.ts'
import { hostAndPort } from '../host-and-port.ts'
import { HttpsClient } from '../https-client.ts'
import type { Target } from '../target.ts'
import { type PartitionName, partitionNamed } from './find-partition.ts'
import { HmcClient } from './hmc-client.ts'
import type { HmcLogin } from './hmc-session.ts'
import { HmcSessions } from './hmc-sessions.ts'
import { type JobPauses, jobPauses } from './job-runner.ts'
import { LparConnection } from './lpar-connection.ts'

const DEFAULT_PORT = 12_443
/** Jobs take minutes. */
const CALL_MS = 120_000

export interface LparOptions {
  readonly sessions?: HmcSessions
  readonly pauses?: JobPauses
}

/** Mode `lpar`: a partition of an IBM Power system, by the REST interface of its HMC. */
export function lpar({ sessions = new HmcSessions(), pauses = jobPauses }: LparOptions = {}): DriverFactory {
  return {
    driver: (target) => new LparDriver(target, sessions, pauses),
    close: () => sessions.close(),
  }
}

const job = (operation: string) => `PUT /rest/api/uom/LogicalPartition/UUID/do/${operation}`

const descriptions: Readonly<Partial<Record<Parameters<BmcDriver['describe']>[0], string>>> = {
  status: 'GET /rest/api/uom/LogicalPartition/UUID/quick',
  on: `${job('PowerOn')} (force=false, novsi=true, bootmode=norm)`,
  off: `${job('PowerOff')} (operation=shutdown, immediate=true, restart=false)`,
  cycle: `${job('PowerOff')} (operation=shutdown, immediate=true, restart=true)`,
  reset: `${job('PowerOff')} (operation=shutdown, immediate=true, restart=true)`,
  soft: `${job('PowerOff')} (operation=osshutdown; operation=shutdown without RMC; immediate=false, restart=false)`,
  info: 'GET /rest/api/uom/LogicalPartition/UUID',
  health: 'GET /rest/api/uom/LogicalPartition/UUID',
}

class LparDriver implements BmcDriver {
  readonly service = 'ipmi'
  readonly mode = 'lpar'
  readonly callMs = CALL_MS
  readonly bootIgnored =
    'a partition boots by the boot list of its profile and its operating system, which the HMC does not change'
  readonly key: string
  readonly #login: HmcLogin
  readonly #named: PartitionName
  readonly #sessions: HmcSessions
  readonly #pauses: JobPauses

  constructor(target: Target, sessions: HmcSessions, pauses: JobPauses) {
    const { address, port, username, password, tls = { verify: false }, workarounds, lparId } = target
    this.#named = partitionNamed(lparId)
    const legacy = workarounds.includes('old-tls')
    this.#login = { address, port: port || DEFAULT_PORT, trust: { ...tls, legacy }, username, password }
    this.key = `${hostAndPort(this.#login)}/${'uuid' in this.#named ? this.#named.uuid : lparId}`
    this.#sessions = sessions
    this.#pauses = pauses
  }

  async open() {
    const hmc = new HmcClient(new HttpsClient(this.#login), this.#sessions.share(this.#login))
    return new LparConnection(this.key, hmc, this.#named, this.#pauses)
  }

  describe(operation: Parameters<BmcDriver['describe']>[0]) {
    return descriptions[operation]
  }

  describeBoot({ device }: BootRequest) {
    return device === 'pxe' || device === 'disk' ? `nothing: ${this.bootIgnored}` : undefined
  }
}
