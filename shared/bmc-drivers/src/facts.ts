/** A resource as a BMC gives it: JSON, by the words of its own protocol. */
export type Resource = Readonly<Record<string, unknown>>

/** What getBios, getMemory and the like read. */
export type ResourceKind =
  | 'bios'
  | 'memory'
  | 'storage'
  | 'simpleStorage'
  | 'processor'
  | 'networkInterfaces'
  | 'ethernetInterfaces'
  | 'secureBoot'

/** What the BMC and its machine are. A field that the mode or the BMC does not have is absent. */
export interface BmcInfo {
  readonly Address: string
  readonly Mode: string
  /** Of the BMC: `1.45`. Null where it does not say. */
  readonly Firmware: string | null
  /** Of the managed system; null where the BMC has none. */
  readonly Guid: string | null
  readonly Manufacturer?: string
  readonly Model?: string
  readonly SerialNumber?: string
  /** IPMI: from Get Device ID. */
  readonly DeviceId?: number
  readonly DeviceRevision?: number
  /** `2.0`. */
  readonly IpmiVersion?: string
  /** IANA enterprise number. */
  readonly ManufacturerId?: number
  readonly ProductId?: number
  /** Of the session that it was read in. */
  readonly CipherSuite?: 3 | 17
  /** Name of the rule set by which this BMC is driven, where the mode has several. */
  readonly Rules?: string
  /** The system, partition or chassis as the BMC gives it. */
  readonly System?: Resource
}

/** How the machine and its BMC are. A field that the mode or the BMC does not have is absent. */
export interface Health {
  /** `unknown`: the BMC does not say. */
  readonly Power: 'on' | 'off' | 'unknown'
  /** No part reports a fault, and the BMC passed its own test where it has one. */
  readonly Healthy: boolean
  /** Faults that the BMC reports now, such as `power-overload`, `cooling-fault`, `memory DIMM 3: Critical`. */
  readonly Faults: readonly string[]
  /** Health of each kind of part: `OK`, `Warning`, `Critical`; the worst of all parts of the kind. */
  readonly Parts?: Readonly<Record<string, string>>
  /** Parts that could not be read, with the reason. */
  readonly Unread?: readonly string[]
  /** IPMI: `passed`, `not-implemented`, `corrupted`, `fatal`, `device-specific`, or `not-supported` where the BMC does not know the command. */
  readonly SelfTest?: string
  /** IPMI: detail byte of the self test as the BMC gave it. */
  readonly SelfTestDetail?: number
  /** Why power went away last, such as `ac-failed`; empty where nothing is known. */
  readonly LastPowerEvents?: readonly string[]
  readonly RestartCause?: string | null
  /** `stay-off`, `previous`, `power-on`, `unknown`: what the machine does when AC power comes back. */
  readonly RestorePolicy?: string
  readonly Identify?: 'off' | 'timed' | 'on' | 'unknown'
}

/** What one sensor measures now. */
export interface Sensor {
  readonly Name: string
  /** `temperature`, `fan`, `voltage`, `current`, `power`, or the protocol's own word in small letters. */
  readonly Type: string
  /** Null where there is no number: the part is absent, the machine off, or the sensor only has states. */
  readonly Reading: number | null
  /** `C`, `RPM`, `%`, `V`, `A`, `W`, or the protocol's own word; null where there is none. */
  readonly Units: string | null
  readonly Status: 'ok' | 'warning' | 'critical' | 'absent' | 'unknown'
  /** IPMI: names of the states that a sensor without a number shows now. */
  readonly States?: readonly string[]
  readonly Thresholds?: Thresholds
}

export interface Thresholds {
  readonly LowerFatal?: number
  readonly LowerCritical?: number
  readonly LowerCaution?: number
  readonly UpperCaution?: number
  readonly UpperCritical?: number
  readonly UpperFatal?: number
}

/** One entry of the system event log. */
export interface LogEntry {
  readonly Id: string
  /** As the BMC's clock had it, in ISO 8601 where the protocol gives a time; null where it gives none. Clocks of BMCs may be wrong. */
  readonly Created: string | null
  readonly Severity: 'ok' | 'warning' | 'critical' | null
  readonly Message: string
  /** What the entry is about, where it says so. */
  readonly Sensor?: string
  /** IPMI: the record of 16 bytes, in hexadecimal digits. */
  readonly Raw?: string
}

/** What one board or part says of itself. */
export interface Fru {
  readonly Name: string
  readonly Manufacturer?: string
  readonly Model?: string
  readonly PartNumber?: string
  readonly SerialNumber?: string
  readonly Version?: string
  readonly AssetTag?: string
  /** ISO 8601. */
  readonly ManufacturedAt?: string
  /** Further fields, by the protocol's own names. */
  readonly Extra?: Readonly<Record<string, string>>
}
