/** Facts by which a BMC is recognised. Texts are compared in small letters. */
export interface BmcFacts {
  /** `Vendor` of the service root, else the single key under its `Oem`. */
  readonly vendor: string
  readonly product: string
  /** Keys under `Oem` of the service root. */
  readonly oem: readonly string[]
  /** Of the system, else of the chassis. */
  readonly manufacturer: string
  readonly model: string
  readonly sku: string
  /** Id of the system; empty where there is none. */
  readonly systemId: string
}

/** All that is given must hold. */
export interface Match {
  readonly vendor?: RegExp
  readonly product?: RegExp
  readonly oem?: string
  readonly manufacturer?: RegExp
  readonly model?: RegExp
  readonly sku?: RegExp
  readonly systemId?: RegExp
}

/** An action that is not in the standard, found by its name under `Actions.Oem`, else at this path below its resource. */
export interface OemAction {
  readonly at: 'system' | 'chassis'
  readonly action: string
  readonly path: string
  readonly body: Readonly<Record<string, string>>
}

/** How standby power is cut. The machine is off by then. */
export type AcCycleRule = OemAction | { readonly at: 'dell-bios' }

export interface Rules {
  readonly name: string
  readonly match: Match
  /** Where it is shown what such BMCs do. */
  readonly source: string
  /**
   * How a restart without loss of power is asked for: values of ResetType, the best first; `off-on` where none works; `ipmi` where the
   * BMC's IPMI does it right, and its Redfish does harm.
   */
  readonly reset?: readonly string[] | 'off-on' | 'ipmi'
  /** Where the boot override is written: at the system even if it has a settings resource, or at that resource. */
  readonly bootAt?: 'system' | 'settings'
  /** Values of BootSourceOverrideTarget for a CD, the best first. */
  readonly cd?: readonly string[]
  /** `*`: If-Match of every PATCH, since the exact tag is refused. */
  readonly ifMatch?: '*'
  readonly acCycle?: AcCycleRule
  /** Ids of the log services that hold the system event log, the best first. */
  readonly sel?: readonly string[]
  /** Body of Bios.ResetBios, or the action that takes its place. */
  readonly resetBios?: { readonly body: Readonly<Record<string, string>> } | 'nvidia-clear-nvram'
  /** The power state is that of the power supplies: all on, all off, or unknown. */
  readonly powerBySupplies?: true
}
