import type { BootRequest, Call } from '@powerbus/plugin-sdk/unshared'
import {
  RedfishClient,
  type RedfishClock,
  type RedfishConnection,
  type RedfishTarget,
  systemClock,
} from '@powerbus/redfish'
import type { BmcConnection, BmcDriver, DriverFactory } from '../driver.ts'
import type { Target } from '../target.ts'
import { descriptions } from './descriptions.ts'
import { RedfishBmc } from './redfish-bmc.ts'
import { redfishFailure } from './redfish-failure.ts'
import { redfishMetrics } from './redfish-metrics.ts'
import { RulesByBmc } from './rules-by-bmc.ts'

const DEFAULT_PORT = 443
/** Services take seconds for one answer, and a first call logs in and looks for the system. */
const CALL_MS = 30_000
/** What was accepted and has no effect by then was forgotten, as BMCs do that still shut down. */
const RESEND_MS = 30_000

export interface RedfishDriverOptions {
  readonly client?: RedfishClient
  readonly clock?: RedfishClock
  /** Makes the driver of mode ipmitool for the same BMC, for what its Redfish does wrong. */
  readonly ipmi: (target: Target) => Promise<BmcDriver>
}

/** Mode `redfish`. One client for all BMCs of the process. */
export function redfish(options: RedfishDriverOptions): DriverFactory {
  const { clock = systemClock, ipmi } = options
  const client = options.client ?? new RedfishClient({ clock })
  const rules = new RulesByBmc()
  return {
    driver: (target) => new RedfishDriver({ client, clock, ipmi, rules }, target),
    metrics: () => redfishMetrics(client.counters),
    close: () => client.close(),
  }
}

interface Shared {
  readonly client: RedfishClient
  readonly clock: RedfishClock
  readonly ipmi: (target: Target) => Promise<BmcDriver>
  readonly rules: RulesByBmc
}

class RedfishDriver implements BmcDriver {
  readonly service = 'ipmi'
  readonly mode = 'redfish'
  readonly callMs = CALL_MS
  readonly resendMs = RESEND_MS
  readonly identifyEnds = false
  readonly #shared: Shared
  readonly #target: Target

  constructor(shared: Shared, target: Target) {
    this.#shared = shared
    this.#target = target
    // Throws for a name that no rules have.
    this.#shared.rules.check(target.redfish?.rules)
  }

  get key(): string {
    const { address, port, redfish: { systemId } = {} } = this.#target
    const host = address.toLowerCase()
    const place = `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? DEFAULT_PORT : port}`
    return systemId ? `${place}/${systemId}` : place
  }

  async open(): Promise<BmcConnection> {
    const { client, clock, ipmi, rules } = this.#shared
    const target = this.#target
    return new RedfishBmc({
      connection: connect(client, target),
      key: this.key,
      clock,
      rules,
      target,
      openIpmi: async (call: Call) => (await ipmi(ipmiTarget(target))).open(call),
    })
  }

  describe(operation: Parameters<BmcDriver['describe']>[0]): string | undefined {
    return descriptions[operation]
  }

  describeBoot({ device, persistent, efi }: BootRequest): string {
    const enabled = device === 'none' ? 'Disabled' : persistent ? 'Continuous' : 'Once'
    return `PATCH the system, or its settings: Boot, override ${enabled} for ${device}, ${efi ? 'UEFI' : 'Legacy'} where the BMC has a mode`
  }
}

function connect(client: RedfishClient, target: Target): RedfishConnection {
  try {
    return client.connect(redfishTarget(target))
  } catch (error) {
    throw redfishFailure(error)
  }
}

function redfishTarget({ address, port, username, password, tls }: Target): RedfishTarget {
  const { verify, ca, fingerprint, scheme } = tls ?? {}
  return {
    address,
    port: port === 0 ? DEFAULT_PORT : port,
    username,
    password: password.reveal(),
    ...(scheme && { scheme }),
    tls: {
      ...(verify !== undefined && { verify }),
      // A CA is for checking: without the wish to check it is none.
      ...(verify && ca && { ca }),
      ...(fingerprint && { fingerprint }),
    },
  }
}

function ipmiTarget(target: Target): Target {
  return { ...target, port: target.ipmiPort ?? 0 }
}
